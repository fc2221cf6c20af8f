import Foundation
import RestanteCore
import RestanteStore
import Synchronization

/// One life of a store under mail that comes and goes.
final class ChurnRun: Sendable {
    private static let devices = 1000
    private static let payloadBytes = 256
    private static let samples = 20
    static let rememberedIDs = 200_000

    let path: String
    private let messages: Int
    private let batch: Int
    let store: SQLiteStore
    let sink: BenchSink
    private let sender = SessionID(1)

    /// - Parameter walBytes: the cap of the WAL; nil: the usual one.
    init(path: String, messages: Int, batch: Int, walBytes: Int64? = nil) throws {
        (self.path, self.messages, self.batch) = (path, messages, batch)
        var limits = Limits()
        // A week's ids at this pace would be most of the file: they are live, and not what is measured.
        limits.dedupeRows = Int64(Self.rememberedIDs)
        if let walBytes { limits.walBytes = walBytes }
        store = try SQLiteStore.open(path: path, options: StoreOptions(limits: limits))
        sink = BenchSink(store)
        store.start(reportingTo: sink)
    }

    func run() async throws -> ChurnResult {
        try await connect()
        let waits = Mutex<[Double]>([])
        var samples: [ChurnResult.Sample] = []
        let start = ContinuousClock.now
        for part in 1...Self.samples {
            try await commits(messages / Self.samples / batch, waits)
            samples.append(try await sample(part))
            if isatty(2) != 0 { FileHandle.standardError.write(Data("\r\(part * 100 / Self.samples) % ".utf8)) }
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let pauses = try await store.pauses()
        await store.shutdown()
        let sorted = waits.withLock { $0.sorted() }
        let at = { (share: Double) in (sorted[Int(Double(sorted.count - 1) * share)] * 100).rounded() / 100 }
        return ChurnResult(
            messages: messages, seconds: seconds, samples: samples, p50: at(0.5), p99: at(0.99), p999: at(0.999),
            longest: at(1), pauses: ([nil] + Pauses.Chore.allCases).compactMap { ChurnResult.Pause($0, pauses) })
    }

    func connect() async throws {
        let sessions = (0..<Self.devices).map { SessionID(UInt64($0) + 2) }
        try await sink.once([claim(sender, "sender")] + sessions.enumerated().map { claim($1, "user\($0)") })
        try await sink.once(([sender] + sessions).map { .read($0) })
    }

    /// Hands over the next commit from the store's own thread, when it has told of the last: the acknowledgements of
    /// what that one delivered, and new messages.
    private func commits(_ count: Int, _ waits: borrowing Mutex<[Double]>) async throws {
        struct State {
            var left: Int
            var began = ContinuousClock.now
            var waits: [Double] = []
        }
        let state = Mutex(State(left: count))
        try await sink.run(sends()) { [self] events in
            state.withLock { state in
                let now = ContinuousClock.now
                state.waits.append((now - state.began) / .milliseconds(1))
                state.left -= 1
                guard state.left > 0 else { return nil }
                state.began = now
                return acknowledgements(events) + sends()
            }
        }
        let measured = state.withLock { $0.waits }
        waits.withLock { $0 += measured }
    }

    func acknowledgements(_ events: [StoreEvent]) -> [StoreCommand] {
        var last: [SessionID: UInt64] = [:]
        var behind: [SessionID] = []
        for event in events {
            switch event {
            case .live(_, let readers): for reader in readers { last[reader.session] = reader.tag }
            case .page(let session, let page, let more):
                if let tag = page.last?.tag { last[session] = tag }
                if more { behind.append(session) }
            case .behind(let session): behind.append(session)
            default: break
            }
        }
        return last.map { .acknowledge($0, through: $1) } + behind.map { .read($0) }
    }

    func sends() -> [StoreCommand] {
        let now = StoreClock.wall.now()
        return (0..<batch).map { _ in
            let user = UserName(unchecked: "user\(Int.random(in: 0..<Self.devices))")
            return .send(
                Submission(
                    id: MessageID(at: now), to: .user(user),
                    content: .payload(Payload(repeating: 7, count: Self.payloadBytes))), from: .session(sender))
        }
    }

    private func claim(_ session: SessionID, _ user: String) -> StoreCommand {
        let address = DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: "phone"))
        return .claim(Claim(session: session, address: address, tokenIssuedAt: .max / 2000))
    }

    private func sample(_ part: Int) async throws -> ChurnResult.Sample {
        let size = { (path: String) in
            (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64).flatMap { $0 } ?? 0
        }
        return ChurnResult.Sample(
            messages: part * messages / Self.samples, databaseBytes: size(path), walBytes: size(path + "-wal"),
            residentBytes: try residentBytes(), rows: Int64(try await sink.messagesLeft()))
    }

    private func residentBytes() throws -> Int64 {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        let kilobytes = line?.split(separator: " ").dropFirst().first.flatMap { Int64($0) } ?? 0
        return kilobytes << 10
    }
}

extension ChurnResult.Pause {
    /// Nil: there was none of it.
    fileprivate init?(_ chore: Pauses.Chore?, _ pauses: Pauses) {
        let at = { (share: Double) in (pauses.milliseconds(share, of: chore) * 100).rounded() / 100 }
        self.init(
            chore: chore?.rawValue ?? "all", count: pauses.count(chore), p50: at(0.5), p99: at(0.99), p999: at(0.999),
            longest: at(1))
        if count == 0 { return nil }
    }
}
