import Foundation
import RestanteCore
import RestanteStore
import Synchronization

/// A colleague's open `sqlite3` shell, in a transaction, while mail comes and goes.
struct StalledReader {
    static let walBytes: Int64 = 64 << 20
    private static let most = 10_000_000

    let run: ChurnRun

    /// What happened, in a line; throws what should not have.
    func measure() async throws -> String {
        try await run.connect()
        let shell = try Shell(database: run.path)
        let stored = try await sendUntilRefused()
        let grown = try walBytes()
        guard grown < Self.walBytes * 3 / 2 else { throw BenchError("the WAL grew to \(grown) bytes beyond its cap") }
        shell.end()
        let began = ContinuousClock.now
        try await sendUntilAccepted()
        let seconds = (ContinuousClock.now - began) / .seconds(1)
        let left = try walBytes()
        await run.store.shutdown()
        let notices = run.sink.notices.map(\.level)
        guard notices == [.warning, .warning, .info] else { throw BenchError("the operator was told \(notices)") }
        return "stalled reader: refused after \(stored) messages with \(grown >> 20) MiB of WAL"
            + " (cap \(Self.walBytes >> 20)), acknowledgements went on, two warnings; \(Int(seconds * 1000)) ms after it ended messages were taken in"
            + " again, with \(left >> 20) MiB"
    }

    private func sendUntilRefused() async throws -> Int {
        let seen = Mutex((stored: 0, acknowledged: false))
        try await run.sink.run(run.sends()) { [run] events in
            let isOver = seen.withLock { seen in
                seen.stored += events.count { $0.isAccepted }
                // In the very batch whose messages are refused.
                seen.acknowledged = events.contains { if case .acknowledged = $0 { true } else { false } }
                return events.contains(where: \.isRefusedForRoom) || seen.stored > Self.most
            }
            return isOver ? nil : run.acknowledgements(events) + run.sends()
        }
        let (stored, acknowledged) = seen.withLock { $0 }
        guard stored <= Self.most else { throw BenchError("\(stored) messages went by, and none was refused") }
        guard acknowledged else { throw BenchError("acknowledgements were refused with the messages") }
        return stored
    }

    private func sendUntilAccepted() async throws {
        try await run.sink.run(run.sends()) { [run] events in
            events.contains(where: \.isAccepted) ? nil : run.sends()
        }
    }

    private func walBytes() throws -> Int64 {
        try FileManager.default.attributesOfItem(atPath: run.path + "-wal")[.size] as? Int64 ?? 0
    }
}

extension StoreEvent {
    fileprivate var isAccepted: Bool {
        if case .sent(_, .accepted, _) = self { true } else { false }
    }

    fileprivate var isRefusedForRoom: Bool {
        if case .sent(_, .rejected(let refusal), _) = self { refusal.code == .storageFull } else { false }
    }
}

/// The `sqlite3` shell, which has read something and not ended its transaction.
private struct Shell {
    private let process = Process()
    private let input = Pipe()

    init(database: String) throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/sqlite3")
        process.arguments = ["-readonly", database]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        input.fileHandleForWriting.write(Data("BEGIN; SELECT count(*) FROM messages;\n".utf8))
        guard output.fileHandleForReading.availableData.count > 0 else {
            throw BenchError("the sqlite3 shell says nothing")
        }
    }

    func end() {
        input.fileHandleForWriting.closeFile()
        process.waitUntilExit()
    }
}
