import Foundation
import RestanteCore
import RestanteStore
import Synchronization

/// Sends at an even rate, whatever the store does, and notes how long each message took until it was durable.
final class BackupLoad: StoreSink {
    private struct State {
        /// When those that have no answer yet were handed over, in order.
        var waiting: [UInt64] = []
        var times: [Double] = []
        /// What the backup is doing, and the times of its earlier phases.
        var phase = ""
        var earlier: [(phase: String, times: [Double])] = []
        var claimed: CheckedContinuation<Void, Never>?
        var largestWAL = 0
        var isOver = false
    }

    private static let mailboxes = 10_000
    private let store: SQLiteStore
    private let database: String
    private let state = Mutex(State())

    init(_ store: SQLiteStore, database: String) {
        self.store = store
        self.database = database
    }

    var largestWAL: Int { state.withLock { $0.largestWAL } }

    func begin(rate: Int) async throws {
        await withCheckedContinuation { continuation in
            state.withLock { $0.claimed = continuation }
            store.enqueue([Self.claim("sender", SessionID(1)), .read(SessionID(1))])
        }
        Thread.detachNewThread { [self] in send(rate: rate) }
    }

    private func send(rate: Int) {
        let each = max(1, rate / 1000)
        var due = monotonic()
        while !state.withLock({ $0.isOver }) {
            let commands = (0..<each).map { _ in Self.message(256) }
            let now = monotonic()
            state.withLock { $0.waiting += Array(repeating: now, count: each) }
            store.enqueue(commands)
            due += UInt64(each) * 1_000_000_000 / UInt64(rate)
            let rest = Int64(due) - Int64(monotonic())
            if rest > 0 { usleep(UInt32(rest / 1000)) }
        }
    }

    func forgetTimes() {
        state.withLock {
            $0.times = []
            $0.largestWAL = 0
        }
    }

    /// From here on times are of another phase.
    func enter(_ phase: String) {
        state.withLock { state in
            guard state.phase != phase else { return }
            state.earlier.append((state.phase, state.times.sorted()))
            (state.phase, state.times) = (phase, [])
        }
    }

    /// Milliseconds by phase, sorted.
    func times() -> [(phase: String, times: [Double])] {
        state.withLock { $0.earlier.filter { !$0.times.isEmpty } + [($0.phase, $0.times.sorted())] }
    }

    func end() async { state.withLock { $0.isOver = true } }

    // MARK: StoreSink

    func store(committed events: [StoreEvent]) {
        let now = monotonic()
        let size = (try? FileManager.default.attributesOfItem(atPath: database + "-wal")[.size] as? Int) ?? 0
        let sent = events.count { if case .sent = $0 { true } else { false } }
        let claimed = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.largestWAL = max(state.largestWAL, size)
            state.times += state.waiting.prefix(sent).map { Double(now - $0) / 1e6 }
            state.waiting.removeFirst(min(sent, state.waiting.count))
            return state.claimed.take()
        }
        claimed?.resume()
    }

    func storeHasRoom() {}
    func store(failed error: any Error) { fatalError("the store failed: \(error)") }

    // MARK: Filling

    /// Makes a database of this size, of mail of a kilobyte each.
    static func fill(_ path: String, megabytes: Int) async throws {
        let store = try SQLiteStore.open(path: path)
        let sink = BenchSink(store)
        store.start(reportingTo: sink)
        for start in stride(from: 0, to: mailboxes, by: 1000) {
            try await sink.once((start..<start + 1000).map { claim("user\($0)", SessionID(UInt64($0) + 2)) })
        }
        try await sink.once([claim("sender", SessionID(1)), .read(SessionID(1))])
        let left = Mutex(megabytes * 1_000_000 / 1180)
        try await sink.run([message(1024)]) { _ in
            let count = left.withLock { left in
                defer { left -= 2000 }
                return min(2000, left)
            }
            return count > 0 ? (0..<count).map { _ in message(1024) } : nil
        }
        await store.shutdown()
    }

    private static func claim(_ user: String, _ session: SessionID) -> StoreCommand {
        .claim(
            Claim(
                session: session,
                address: DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: "phone")),
                tokenIssuedAt: .max / 2000))
    }

    private static func message(_ bytes: Int) -> StoreCommand {
        let user = UserName(unchecked: "user\(Int.random(in: 0..<mailboxes))")
        return .send(
            Submission(
                id: MessageID(at: StoreClock.wall.now()), to: .user(user),
                content: .payload(Payload(repeating: 7, count: bytes))), from: .session(SessionID(1)))
    }
}

private func monotonic() -> UInt64 { DispatchTime.now().uptimeNanoseconds }
