import Foundation
import Glibc
import RestanteCore
import RestanteStore
import Synchronization

/// One scenario: registers, stores, drains, waits until everything is swept.
struct StoreRun {
    /// What ``BenchStart`` says of the settings.
    private static let isDurableSQL = """
        SELECT (SELECT journal_mode FROM pragma_journal_mode) = 'wal'
            AND (SELECT synchronous FROM pragma_synchronous) = 2
            AND (SELECT secure_delete FROM pragma_secure_delete) = 1
            AND (SELECT page_size FROM pragma_page_size) = 8192
        """

    private let scenario: StoreScenario
    private let traffic: StoreTraffic
    private let meter: CostMeter
    private let path: String

    /// - Parameter counts: of this process.
    init(_ scenario: StoreScenario, directory: String, counts: CountsFile?) {
        self.scenario = scenario
        traffic = StoreTraffic(scenario: scenario)
        meter = CostMeter(process: getpid(), counts: counts)
        path = directory + "/bench.db"
    }

    func run() async throws -> StoreResult {
        removeFiles()
        defer { removeFiles() }
        let store = try SQLiteStore.open(path: path, options: StoreOptions(limits: scenario.limits))
        let sink = BenchSink(store)
        store.start(reportingTo: sink)
        guard try await store.holds(Self.isDurableSQL) else {
            throw BenchError("the store does not run as `restante serve` does: the figures would say too much")
        }
        let registered = try await meter.measure { try await register(sink) }
        // The sender is live, as senders are: its own messages in its groups must not hold the sweep.
        try await sink.once([.read(StoreTraffic.sender)])
        var random = SystemRandomNumberGenerator()
        let (batches, recipients) = traffic.batches(using: &random)
        let stored = try await meter.measure { try await send(batches, sink) }
        let readers = scenario.reconnects ? recipients : Array(0..<scenario.devices)
        let delivered = Atomic(0)
        let drained = try await meter.measure { try await drain(readers, sink, delivered) }
        let swept = try await meter.measure { try await store.forgetAcknowledged() }
        let left = try await sink.messagesLeft()
        await store.shutdown()
        guard left == 0 else { throw BenchError("\(left) messages were not swept: the figures would say too much") }
        return StoreResult(
            scenario: scenario, delivered: delivered.load(ordering: .relaxed), registered: registered,
            costs: Phases(stored: stored, drained: drained, swept: swept))
    }

    private func removeFiles() {
        for suffix in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: path + suffix) }
    }

    // MARK: Phases

    private func register(_ sink: BenchSink) async throws {
        try await sink.once([traffic.claim(StoreTraffic.sender, "sender")])
        for start in stride(from: 0, to: scenario.devices, by: 1000) {
            try await sink.once(traffic.registration(of: start..<min(start + 1000, scenario.devices)))
        }
        for group in 0..<scenario.groups { try await sink.once([traffic.creation(of: group)]) }
    }

    private func send(_ batches: [[StoreCommand]], _ sink: BenchSink) async throws {
        let rest = Mutex(batches.makeIterator())
        guard let first = rest.withLock({ $0.next() }) else { return }
        try await sink.run(first) { _ in rest.withLock { $0.next() } }
    }

    private func drain(_ readers: [Int], _ sink: BenchSink, _ delivered: borrowing Atomic<Int>) async throws {
        let state = Mutex(StoreDrain(traffic, devices: readers))
        guard let first = state.withLock({ $0.next(after: []) }) else { return }
        try await sink.run(first) { events in state.withLock { $0.next(after: events) } }
        delivered.store(state.withLock { $0.delivered }, ordering: .relaxed)
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
