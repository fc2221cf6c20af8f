import FaultKit
import Foundation
import RestanteCore
import RestanteStore

/// The store that is damaged, in two states, beside a foreign one.
struct DamageFixture {
    enum State: String, CaseIterable {
        /// After a clean stop: the database alone.
        case stopped
        /// As a kill leaves it: with a WAL of many commits.
        case killed
    }

    static let users = (0..<6).map { "user\($0)" }
    /// How many of the users are, or were, in a group.
    static let members = ["choir": 6, "band": 3]
    static var devices: [DeviceAddress] {
        users.flatMap { user in
            ["phone", "laptop"].map {
                DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: $0))
            }
        }
    }

    let folder: String

    func database(_ state: State) -> String { "\(folder)/\(state.rawValue).db" }
    var foreign: String { "\(folder)/foreign.db" }
    /// What was read and acknowledged while the store was made: a line for each message.
    private var readBefore: String { "\(folder)/read.txt" }

    /// Every message that there was to read before the damage, by its id.
    func truth(_ drained: [DrainedStore]) throws -> [String: String] {
        var truth: [String: String] = [:]
        for line in try String(contentsOfFile: readBefore, encoding: .utf8).split(separator: "\n") {
            let parts = line.split(separator: "\t")
            if parts.count == 2 { truth[String(parts[0])] = String(parts[1]) }
        }
        for store in drained {
            for device in store.devices.values {
                for message in device.messages.values { truth["\(message.id)"] = message.fingerprint }
            }
        }
        return truth
    }

    static func make(in folder: String, seed: UInt64) async throws {
        let fixture = DamageFixture(folder: folder)
        var random = SeededNumbers(seed: seed)
        try await fixture.build("life.db", messages: 250, copyTo: fixture.database(.killed), &random)
        try FileManager.default.copyItem(atPath: "\(folder)/life.db", toPath: fixture.database(.stopped))
        try await fixture.build("other.db", messages: 60, copyTo: fixture.foreign, &random)
    }

    /// Lives twice: what the first life wrote is in the database, what the second one writes is in the WAL when it is copied.
    private func build(
        _ name: String, messages: Int, copyTo copy: String, _ random: inout SeededNumbers
    ) async throws {
        let path = "\(folder)/\(name)"
        let clock = FaultClock()
        var read: [String] = []
        for life in 0..<2 {
            let caller = try StoreCaller(path: path, options: StoreOptions(clock: clock.clock))
            var claims: [SessionID] = []
            for (number, device) in Self.devices.enumerated() {
                let session = SessionID(UInt64(number + 1))
                try await caller.perform([.claim(Claim(session: session, address: device, tokenIssuedAt: .max / 2000))])
                claims.append(session)
            }
            if life == 0 { try await makeGroups(caller, claims[0]) }
            for number in 0..<messages { try await send(number, caller, claims, clock, &random) }
            for session in claims.prefix(4) { read += try await drainSome(caller, session, &random) }
            for number in 0..<messages / 5 { try await send(number, caller, claims, clock, &random) }
            if life == 1 {
                // The file is thrown away for the copy, so that dropped locks do no harm.
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: copy + suffix)
                }
            }
            await caller.store.shutdown()
        }
        if copy == database(.killed) {
            try read.joined(separator: "\n").write(toFile: readBefore, atomically: false, encoding: .utf8)
        }
    }

    private func makeGroups(_ caller: StoreCaller, _ session: SessionID) async throws {
        let members = Self.users.map { UserName(unchecked: $0) }
        for (group, count) in Self.members.sorted(by: { $0.key < $1.key }) {
            try await caller.perform([
                .request(
                    .createGroup(GroupName(unchecked: group), members: Array(members.prefix(count))), id: 1,
                    from: .session(session))
            ])
        }
        try await caller.perform([
            .request(
                .removeMembers(GroupName(unchecked: "band"), [members[2]]), id: 2, from: .session(session))
        ])
    }

    private func send(
        _ number: Int, _ caller: StoreCaller, _ sessions: [SessionID], _ clock: FaultClock,
        _ random: inout SeededNumbers
    ) async throws {
        let user = UserName(unchecked: Self.users.randomElement(using: &random) ?? "")
        let recipient: Recipient =
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5: .user(user)
            case 5..<8: .group(GroupName(unchecked: "choir"))
            case 8: .group(GroupName(unchecked: "band"))
            default: .device(DeviceAddress(user: user, device: DeviceName(unchecked: "phone")))
            }
        let size = [20, 200, 800, 3000, 20000].randomElement(using: &random) ?? 0
        let payload = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
        clock.advance(1)
        let from = sessions.prefix(6).randomElement(using: &random) ?? sessions[0]
        let submission = Submission(
            id: MessageID(at: clock.now), to: recipient, content: .payload(payload), receipt: number % 3 == 0)
        try await caller.perform([.send(submission, from: .session(from))])
    }

    private func drainSome(
        _ caller: StoreCaller, _ session: SessionID, _ random: inout SeededNumbers
    ) async throws -> [String] {
        var read: [String] = []
        let events = try await caller.perform([.read(session)])
        for case .page(session, let page, _) in events where !page.isEmpty {
            for delivery in page {
                if case .message(let message) = delivery.owed { read.append("\(message.id)\t\(message.fingerprint)") }
            }
            let tag = page[Int.random(in: 0..<page.count, using: &random)].tag
            try await caller.perform([.acknowledge(session, through: tag)])
        }
        return read
    }
}
