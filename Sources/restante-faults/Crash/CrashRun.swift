import Foundation
import Glibc
import RestanteStore
import Synchronization

/// Runs the cases of each state and system call, some at once.
final class CrashRun: Sendable {
    private let fault: CrashFault
    private let folder: String
    private let stride: Int
    private let first: Int
    private let jobs: Int
    private let found = Mutex<(cases: Int, kept: Int, broken: [String])>((0, 0, []))

    init(_ fault: CrashFault, folder: String, stride: Int, first: Int, jobs: Int) {
        self.fault = fault
        (self.folder, self.stride, self.first, self.jobs) = (folder, stride, first, jobs)
    }

    /// - `kept`: errors that SQLite keeps to itself, and that cost nothing.
    var result: (cases: Int, kept: Int, broken: [String]) { found.withLock { $0 } }

    /// Every call of every kind, and a line with how many there were.
    func all(of state: CrashState) async throws {
        let whole = state.script == .migrate ? try schema(of: state) : nil
        var counts: [String] = []
        for call in fault.calls {
            let kills = try await all(call, of: state, whole)
            // Without a write or a sync nothing was tried at all.
            guard kills > 0 || !["pwrite64", "fdatasync"].contains(call) else {
                throw BrokenPromise("no \(call) was seen: does strace work here?")
            }
            counts.append("\(call) \(kills)")
        }
        print("\(fault.rawValue): \(state.script.rawValue) from \(state.name): \(counts.joined(separator: ", "))")
    }

    /// The fault at the first, the next … call, until a run ends without it: how many had it.
    private func all(_ call: String, of state: CrashState, _ whole: CrashSchema?) async throws -> Int {
        // Of the others there are few.
        let stride = call == "pwrite64" ? stride : max(1, stride / 5)
        let first = 1 + (first - 1) % stride
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
        let directory = "\(folder)/\(fault.rawValue)-\(state.name)-\(call)-\(number)"
        let database = try state.copy(to: directory)
        let trace = directory + "/trace"
        let child = try ChildProcess(
            "/usr/bin/strace",
            fault.options(call, number, trace: trace) + [
                LedgerSettings.besides("restante-faults"), "crash-child", state.script.rawValue, database,
            ], errors: directory + "/errors")
        let facts = CrashFacts(await child.text())
        let status = await child.status()
        let (wasHit, wrong) = try judge(status, facts, state, trace)
        let broken = try await wrong + check(database, state, facts, whole)
        found.withLock { found in
            found.cases += wasHit ? 1 : 0
            found.broken += broken.map {
                "\(fault.rawValue): \(state.script.rawValue) from \(state.name), \(call) \(number): \($0)"
            }
        }
        if broken.isEmpty { try FileManager.default.removeItem(atPath: directory) }
        return wasHit
    }

    /// Whether the child came to the fault, and how it took it.
    private func judge(
        _ status: Int32, _ facts: CrashFacts, _ state: CrashState, _ trace: String
    ) throws -> (wasHit: Bool, wrong: [String]) {
        if status == 0 && facts.isDone {
            guard fault == .error, case let trace = try CrashTrace(trace), trace.hasFailed else { return (false, []) }
            // Behind the last commit of a migration comes the checkpoint of closing; without it the WAL stays.
            if trace.isKeptBySQLite || state.script == .migrate {
                found.withLock { $0.kept += 1 }
                return (true, [])
            }
            return (true, ["it went on after the error as if nothing had happened"])
        }
        switch fault {
        case .kill:
            guard status == -SIGKILL else { throw BrokenPromise("the child ended with \(status): see \(trace)") }
            return (true, [])
        case .error:
            let trace = try CrashTrace(trace)
            let ending = status == 74 ? [] : ["it ended with \(status)"]
            return (trace.hasFailed, trace.broken + ending)
        }
    }

    private func check(
        _ database: String, _ state: CrashState, _ facts: CrashFacts, _ whole: CrashSchema?
    ) async throws -> [String] {
        do {
            guard let whole else {
                let wakes = state.script == .wake ? try CrashWakes(facts).broken(in: database) : []
                var check = CrashCheck(earlier: state.facts, killed: facts)
                try await check.run(on: database)
                return wakes + check.broken
            }
            _ = try Migrator().up(database: database)
            return [try CrashSchema(database).difference(to: whole)].compactMap { $0 }
        } catch {
            return ["\(error)"]
        }
    }

    /// What an undisturbed migration makes of the state.
    private func schema(of state: CrashState) throws -> CrashSchema {
        let database = try state.copy(to: "\(folder)/\(fault.rawValue)-\(state.name)-whole")
        _ = try Migrator().up(database: database)
        return try CrashSchema(database)
    }
}
