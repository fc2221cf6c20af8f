import RestanteCore
import RestanteStore

/// The commands of a scenario.
struct StoreTraffic: Sendable {
    /// It sends everything, and is in every group.
    static let sender = SessionID(1)

    let scenario: StoreScenario
    /// When the first message is sent, in milliseconds since the epoch.
    var startsAt = StoreClock.wall.now()

    static func session(_ device: Int) -> SessionID { SessionID(UInt64(device) + 2) }

    func claim(_ device: Int) -> StoreCommand { claim(Self.session(device), "user\(device)") }

    func claim(_ session: SessionID, _ user: String) -> StoreCommand {
        .claim(
            Claim(
                session: session,
                address: DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: "phone")),
                tokenIssuedAt: .max / 2000))
    }

    /// Registers devices, those that do not stay with their release.
    func registration(of devices: Range<Int>) -> [StoreCommand] {
        devices.flatMap { scenario.reconnects ? [claim($0), .release(Self.session($0))] : [claim($0)] }
    }

    /// Members are spread evenly, those of each group otherwise.
    func creation(of group: Int) -> StoreCommand {
        let spread = scenario.devices / scenario.membersPerGroup
        let members = (0..<scenario.membersPerGroup).map { number in
            UserName(unchecked: "user\((group * 7 + number * spread) % scenario.devices)")
        }
        return .request(
            .createGroup(GroupName(unchecked: "group\(group)"), members: members), id: 1, from: .session(Self.sender))
    }

    /// All messages, in the batches in which they are sent, with the devices that get direct mail.
    func batches(
        using random: inout some RandomNumberGenerator
    ) -> (batches: [[StoreCommand]], recipients: [Int]) {
        let payload = Payload(repeating: 7, count: scenario.payloadBytes)
        var recipients: Set<Int> = []
        let batches = stride(from: 0, to: scenario.messages, by: scenario.batch).map { start in
            (start..<min(start + scenario.batch, scenario.messages)).map { number in
                // Ids ascend within a millisecond, as those of a careful client do.
                let id = MessageID(
                    high: UInt64(startsAt + Int64(number >> 12)) << 16 | 0x7000 | UInt64(number & 0xFFF),
                    low: 1 << 63 | UInt64.random(in: 0..<1 << 62, using: &random))
                return StoreCommand.send(
                    Submission(id: id, to: recipient(&random, &recipients), content: .payload(payload)),
                    from: .session(Self.sender))
            }
        }
        return (batches, recipients.sorted())
    }

    private func recipient(_ random: inout some RandomNumberGenerator, _ chosen: inout Set<Int>) -> Recipient {
        guard scenario.groups == 0 else {
            return .group(GroupName(unchecked: "group\(Int.random(in: 0..<scenario.groups, using: &random))"))
        }
        let count = scenario.recipients ?? scenario.devices
        let device = Int.random(in: 0..<count, using: &random) * (scenario.devices / count)
        chosen.insert(device)
        return .user(UserName(unchecked: "user\(device)"))
    }
}
