import Foundation
import RestanteCore
import RestanteStore
import Synchronization

/// One scenario: registers, stores, drains, waits until everything is swept.
struct StoreRun {
    private static let payloadBytes = 256
    /// As in sqlite_limits.c.
    private static let acknowledgementsPerCommit = 16

    private let scenario: StoreScenario
    private let path: String
    private let sender = SessionID(1)

    init(_ scenario: StoreScenario, directory: String) {
        self.scenario = scenario
        path = directory + "/bench.db"
    }

    func run() async throws -> StoreResult {
        for suffix in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        var limits = Limits()
        limits.groupsPerUser = 1 << 20
        let store = try SQLiteStore.open(path: path, options: StoreOptions(limits: limits))
        let sink = BenchSink(store)
        store.start(reportingTo: sink)
        try await register(sink)
        // The sender is live, as senders are: its own messages in its groups must not hold the sweep.
        try await sink.once([.read(sender)])
        let batches = makeBatches()
        let storing = try await seconds { try await self.store(batches, sink) }
        let delivered = Atomic(0)
        let draining = try await seconds { try await drain(sink, delivered) }
        let sweeping = try await seconds { try await store.forgetAcknowledged() }
        let left = try await sink.messagesLeft()
        await store.shutdown()
        guard left == 0 else { throw BenchError("\(left) messages were not swept: the figures would say too much") }
        return StoreResult(
            scenario: scenario, delivered: delivered.load(ordering: .relaxed), storing: storing, draining: draining,
            sweeping: sweeping)
    }

    private func seconds(_ body: () async throws -> Void) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        try await body()
        return Double((clock.now - start) / .nanoseconds(1)) / 1e9
    }

    // MARK: Phases

    private func register(_ sink: BenchSink) async throws {
        try await sink.once([claim(sender, "sender")])
        for start in stride(from: 0, to: scenario.devices, by: 1000) {
            let numbers = start..<min(start + 1000, scenario.devices)
            try await sink.once(numbers.map { claim(session($0), "user\($0)") })
        }
        for group in 0..<scenario.groups {
            let spread = scenario.devices / scenario.membersPerGroup
            let members = (0..<scenario.membersPerGroup).map { number in
                UserName(unchecked: "user\((group * 7 + number * spread) % scenario.devices)")
            }
            try await sink.once([
                .request(
                    .createGroup(GroupName(unchecked: "group\(group)"), members: members), id: 1, from: .session(sender)
                )
            ])
        }
    }

    private func store(_ batches: [[StoreCommand]], _ sink: BenchSink) async throws {
        let batches = Mutex(batches.makeIterator())
        guard let first = batches.withLock({ $0.next() }) else { return }
        try await sink.run(first) { _ in batches.withLock { $0.next() } }
    }

    private func drain(_ sink: BenchSink, _ delivered: borrowing Atomic<Int>) async throws {
        let state = Mutex(DrainState(devices: scenario.devices))
        let take: @Sendable ([StoreEvent]) -> [StoreCommand]? = { events in
            state.withLock {
                $0.next(after: events, reading: Self.acknowledgementsPerCommit) { SessionID(UInt64($0) + 2) }
            }
        }
        guard let first = take([]) else { return }
        try await sink.run(first, next: take)
        delivered.store(state.withLock { $0.delivered }, ordering: .relaxed)
    }

    // MARK: Commands

    private func session(_ device: Int) -> SessionID { SessionID(UInt64(device) + 2) }

    private func claim(_ session: SessionID, _ user: String) -> StoreCommand {
        .claim(
            Claim(
                session: session,
                address: DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: "phone")),
                tokenIssuedAt: .max / 2000))
    }

    private func makeBatches() -> [[StoreCommand]] {
        var random = SystemRandomNumberGenerator()
        let payload = Payload(repeating: 7, count: Self.payloadBytes)
        let now = StoreClock.wall.now()
        let recipients = scenario.groups == 0 ? scenario.devices : scenario.groups
        return stride(from: 0, to: scenario.messages, by: scenario.batch).map { start in
            (start..<min(start + scenario.batch, scenario.messages)).map { number in
                let chosen = Int.random(in: 0..<recipients, using: &random)
                let recipient: Recipient =
                    scenario.groups == 0
                    ? .user(UserName(unchecked: "user\(chosen)")) : .group(GroupName(unchecked: "group\(chosen)"))
                // Ids ascend within a millisecond, as those of a careful client do.
                let id = MessageID(
                    high: UInt64(now + Int64(number >> 12)) << 16 | 0x7000 | UInt64(number & 0xFFF),
                    low: 1 << 63 | UInt64.random(in: 0..<1 << 62, using: &random))
                return .send(
                    Submission(id: id, to: recipient, content: .payload(payload)), from: .session(sender))
            }
        }
    }
}

/// Which devices are being read, and what they acknowledge next.
private struct DrainState {
    let devices: Int
    var started = 0
    var delivered = 0

    init(devices: Int) { self.devices = devices }

    /// Acknowledges the pages that came, reads on where there is more, and begins with as many further devices.
    mutating func next(
        after events: [StoreEvent], reading width: Int, session: (Int) -> SessionID
    ) -> [StoreCommand]? {
        var commands: [StoreCommand] = []
        var reading = 0
        for case .page(let id, let page, let more) in events {
            delivered += page.count
            if let last = page.last { commands.append(.acknowledge(id, through: last.tag)) }
            if more {
                commands.append(.read(id))
                reading += 1
            }
        }
        while reading < width, started < devices {
            commands.append(.read(session(started)))
            started += 1
            reading += 1
        }
        return commands.isEmpty ? nil : commands
    }
}

extension BenchSink {
    /// One commit.
    func once(_ commands: [StoreCommand]) async throws {
        try await run(commands) { _ in nil }
    }

    /// Rows that the store still has.
    func messagesLeft() async throws -> Int64 {
        let left = Mutex<Int64>(0)
        try await run([.request(.overview, id: 1, from: .operators(CallID(1)))]) { events in
            for case .replied(.success(.overview(let overview)), _, _) in events {
                left.withLock { $0 = overview.messages }
            }
            return nil
        }
        return left.withLock { $0 }
    }
}
