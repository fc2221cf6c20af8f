import RestanteCore

@testable import RestanteStore

/// Does to a store and to a ledger what chance says, and compares them after each commit.
final class RandomLife {
    static let users = (0...3).map { user("user\($0)") }
    static let addresses = users.flatMap { user in ["a", "b", "c"].map { address("\(user)/\($0)") } }
    static let groups = [group("club"), group("team")]

    let box: Postbox
    private(set) var steps = 0
    var ledger: Ledger
    private let clock: SteppedClock
    var numbers: SeededNumbers
    var sent: [DeviceAddress: [Submission]] = [:]

    init(seed: UInt64) throws {
        numbers = SeededNumbers(seed: seed)
        var limits = Limits()
        // Small windows and pages, so that sessions fall behind often.
        (limits.windowMessages, limits.windowBytes, limits.rowsPerPage) = (8, 1000, 16)
        limits.pageBytes = 400
        // The clock stands between steps, so that nothing depends on how fast the machine is.
        clock = SteppedClock()
        ledger = Ledger(now: clock.now)
        box = try Postbox(limits: limits, clock: clock.clock)
    }

    func step() async throws {
        steps += 1
        switch Int.random(in: 0..<1000, using: &numbers) {
        case ..<350: try await send(Int.random(in: 1...4, using: &numbers))
        case ..<400: try await sendAgain()
        case ..<440: try await cancel()
        case ..<620: try await read()
        case ..<800: try await acknowledge()
        case ..<870: try await connect(pick(Self.addresses))
        case ..<910: try await disconnect()
        case ..<960: try await changeGroup()
        case ..<995: try await letTimeGoBy()
        default: try await restart()
        }
    }

    /// At the end every device reads and acknowledges all: then nothing may be owed.
    func readEverything() async throws {
        for address in ledger.devices.keys.sorted(by: { $0.description < $1.description }) {
            try await connect(address)
            while let device = ledger.devices[address], let session = device.session {
                if !device.isLive { try await perform([.read(session)]) }
                if let last = ledger.devices[address]?.openTags.last { try await acknowledge(address, through: last) }
                if ledger.devices[address]?.isLive == true { break }
            }
            if let last = ledger.devices[address]?.openTags.last { try await acknowledge(address, through: last) }
        }
        for device in ledger.devices.values where !device.owed.isEmpty || !device.gaps.isEmpty {
            throw Ledger.Disagreement(description: "\(device.address) did not get all that it is owed")
        }
    }

    // MARK: Who is connected

    func connect(_ address: DeviceAddress) async throws {
        let session = box.newSession()
        if ledger.devices[address] == nil { ledger.linked(address) }
        ledger.devices[address]?.connected(session)
        let events = try await perform([.claim(Claim(session: session, address: address, tokenIssuedAt: .max / 2000))])
        let owed = ledger.devices[address]?.owed.count ?? 0
        for case .claimed(session, let claimed) in events where claimed.pending.messages >= owed { return }
        throw Ledger.Disagreement(description: "\(address) was not claimed, or is told that less than \(owed) wait")
    }

    private func disconnect() async throws {
        guard let device = connected() else { return }
        ledger.devices[device.address]?.connected(nil)
        try await perform([.release(device.session)])
    }

    private func restart() async throws {
        await box.shutdown()
        try box.open()
        for address in ledger.devices.keys { ledger.devices[address]?.connected(nil) }
    }

    /// Far less than the month that most are kept for, and now and then more than the minute that some are.
    private func letTimeGoBy() async throws {
        clock.advance(milliseconds: Int64.random(in: 1...40_000, using: &numbers))
        ledger.now = clock.now
        // The store works between two commits.
        if Bool.random(using: &numbers) { for _ in 1...3 { try await perform([]) } }
    }

    private func read() async throws {
        guard let device = connected() else { return }
        try await perform([.read(device.session)])
    }

    private func acknowledge() async throws {
        guard let device = connected(), let tags = ledger.devices[device.address]?.openTags,
            let tag = tags.randomElement(using: &numbers)
        else { return }
        try await acknowledge(device.address, through: tag)
    }

    private func acknowledge(_ address: DeviceAddress, through tag: UInt64) async throws {
        guard let session = ledger.devices[address]?.session else { return }
        ledger.acknowledged(address, through: tag)
        let events = try await perform([.acknowledge(session, through: tag)])
        guard events.contains(.acknowledged(session, through: tag)) else {
            throw Ledger.Disagreement(description: "\(address) was not told that tag \(tag) is acknowledged")
        }
    }

    // MARK: Steps

    /// A device that is connected, by chance.
    func connected() -> (address: DeviceAddress, session: SessionID)? {
        let all = Self.addresses.compactMap { address in
            ledger.devices[address]?.session.map { (address: address, session: $0) }
        }
        return all.randomElement(using: &numbers)
    }

    func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &numbers)]
    }

    /// Carries out commands that the ledger knows of already.
    @discardableResult
    func perform(_ commands: [StoreCommand]) async throws -> [StoreEvent] {
        let events = try await box.perform(commands)
        try hear(events)
        return events
    }

    /// What sessions were given must be what the ledger owes them.
    func hear(_ events: [StoreEvent]) throws {
        let now = ledger.now
        for event in events {
            switch event {
            case .page(let session, let page, let more):
                guard let address = owner(session) else { throw unknown(session) }
                for delivery in page { try ledger.devices[address]?.give(delivery, at: now) }
                if !more { try ledger.devices[address]?.becameLive(at: now) }
            case .live(let message, let readers):
                for reader in readers {
                    guard let address = owner(reader.session) else { throw unknown(reader.session) }
                    try ledger.devices[address]?.give(
                        Delivery(tag: reader.tag, owed: .message(message)), at: now)
                }
            case .behind(let session):
                if let address = owner(session) { ledger.devices[address]?.fellBehind() }
            default: break
            }
        }
        for device in ledger.devices.values { try device.checkNothingIsUnread(at: now) }
    }

    private func owner(_ session: SessionID) -> DeviceAddress? {
        Self.addresses.first { ledger.devices[$0]?.session == session }
    }

    private func unknown(_ session: SessionID) -> Ledger.Disagreement {
        Ledger.Disagreement(description: "session \(session) has ended and was given something")
    }
}
