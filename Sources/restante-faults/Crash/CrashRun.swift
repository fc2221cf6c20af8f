import Foundation
import Glibc
import RestanteStore
import Synchronization

/// Runs the cases of each state and system call, some at once.
final class CrashRun: Sendable {
    static let calls = ["pwrite64", "fdatasync", "fsync", "ftruncate", "unlink"]

    private let folder: String
    private let stride: Int
    private let first: Int
    private let jobs: Int
    private let found = Mutex<(cases: Int, broken: [String])>((0, []))

    init(folder: String, stride: Int, first: Int, jobs: Int) {
        (self.folder, self.stride, self.first, self.jobs) = (folder, stride, first, jobs)
    }

    var result: (cases: Int, broken: [String]) { found.withLock { $0 } }

    /// Every call of every kind, and a line with how many there were.
    func all(of state: CrashState) async throws {
        let whole = state.script == .migrate ? try schema(of: state) : nil
        var counts: [String] = []
        for call in Self.calls {
            let kills = try await all(call, of: state, whole)
            // Without a write or a sync nothing was tried at all.
            guard kills > 0 || !["pwrite64", "fdatasync"].contains(call) else {
                throw BrokenPromise("no \(call) was seen: does strace work here?")
            }
            counts.append("\(call) \(kills)")
        }
        print("\(state.script.rawValue) from \(state.name): \(counts.joined(separator: ", "))")
    }

    /// Kills at the first, the next … call, until a run ends without a kill: how many were killed.
    private func all(_ call: String, of state: CrashState, _ whole: CrashSchema?) async throws -> Int {
        // Of the others there are few.
        let isMany = call == "pwrite64"
        let (first, stride) = isMany ? (first, stride) : (1, 1)
        return try await withThrowingTaskGroup(of: Bool.self) { tasks in
            var (next, kills, isOver) = (first, 0, false)
            func begin() {
                let number = next
                next += stride
                tasks.addTask { try await self.one(call, number, of: state, whole) }
            }
            for _ in 1...jobs { begin() }
            while let wasKilled = try await tasks.next() {
                kills += wasKilled ? 1 : 0
                isOver = isOver || !wasKilled
                if !isOver { begin() }
            }
            return kills
        }
    }

    /// False: the run ended before it came to this call.
    private func one(
        _ call: String, _ number: Int, of state: CrashState, _ whole: CrashSchema?
    ) async throws -> Bool {
        let directory = "\(folder)/\(state.name)-\(call)-\(number)"
        let database = try state.copy(to: directory)
        let child = try ChildProcess(
            "/usr/bin/strace",
            [
                "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                "inject=\(call):signal=KILL:when=\(number)",
                LedgerSettings.besides("restante-faults"), "crash-child", state.script.rawValue, database,
            ], errors: directory + "/errors")
        let facts = CrashFacts(await child.text())
        let status = await child.status()
        guard status == -SIGKILL || status == 0 && facts.isDone else {
            throw BrokenPromise("the child ended with \(status): see \(directory)/errors")
        }
        let broken = try await check(database, state, facts, whole)
        found.withLock { found in
            found.cases += status == 0 ? 0 : 1
            found.broken += broken.map { "\(state.script.rawValue) from \(state.name), \(call) \(number): \($0)" }
        }
        if broken.isEmpty { try FileManager.default.removeItem(atPath: directory) }
        return status != 0
    }

    private func check(
        _ database: String, _ state: CrashState, _ facts: CrashFacts, _ whole: CrashSchema?
    ) async throws -> [String] {
        do {
            guard let whole else {
                var check = CrashCheck(earlier: state.facts, killed: facts)
                try await check.run(on: database)
                return check.broken
            }
            _ = try Migrator().up(database: database)
            return [try CrashSchema(database).difference(to: whole)].compactMap { $0 }
        } catch {
            return ["\(error)"]
        }
    }

    /// What an undisturbed migration makes of the state.
    private func schema(of state: CrashState) throws -> CrashSchema {
        let database = try state.copy(to: "\(folder)/\(state.name)-whole")
        _ = try Migrator().up(database: database)
        return try CrashSchema(database)
    }
}
