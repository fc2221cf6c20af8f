import CFaultVFS
import RestanteStore

/// One life, in which the k-th write, sync or truncation fails: for each k, until a life ends without.
package struct IOErrors {
    /// What fails, how, and whether it goes on failing.
    package struct Fault: Sendable, CustomStringConvertible {
        let kind: FaultKind
        let manner: FaultManner
        let stays: Bool
        package let description: String
    }

    package static let faults = [
        (FAULT_WRITE, FAULT_EIO, "write: EIO"), (FAULT_WRITE, FAULT_SHORT, "write: half of it, then EIO"),
        (FAULT_WRITE, FAULT_FULL, "write: no room"), (FAULT_SYNC, FAULT_EIO, "sync: EIO"),
        (FAULT_TRUNCATE, FAULT_EIO, "truncate: EIO"),
    ].flatMap { kind, manner, name in
        [
            Fault(kind: kind, manner: manner, stays: false, description: name + ", once"),
            Fault(kind: kind, manner: manner, stays: true, description: name + ", from then on"),
        ]
    }

    package struct Outcome: Sendable {
        package var cases = 0
        /// Empty: every promise was kept.
        package var broken: [String] = []
    }

    package let seed: UInt64
    package let fault: Fault

    package init(seed: UInt64, fault: Fault) {
        self.seed = seed
        self.fault = fault
    }

    /// - Parameters:
    ///   - first: the first k.
    ///   - stride: 1: every k.
    package func run(from first: Int = 1, by stride: Int = 1) throws -> Outcome {
        var outcome = Outcome()
        var k = first
        while true {
            let (hasFailed, broken) = try run(failingAt: k)
            outcome.broken += broken.map { "\(fault), the \(k)th: \($0)" }
            guard hasFailed else { return outcome }
            outcome.cases += 1
            k += stride
        }
    }

    private func run(failingAt k: Int) throws -> (hasFailed: Bool, broken: [String]) {
        let disk = try FaultDisk(seed: seed &+ UInt64(k))
        let life = Life(seed: seed)
        disk.fail(fault.kind, fault.manner, at: k, stays: fault.stays)
        live(life, disk)
        let hasFailed = disk.hasFailed
        disk.failNothing()
        life.disconnect()
        do {
            try settle(life, disk, losesPower: k % 2 == 1)
        } catch {
            life.promises.breaks("the database cannot be used any more: \(error)")
        }
        return (hasFailed, life.promises.broken)
    }

    /// Lives until the error, after which nothing may be told.
    private func live(_ life: Life, _ disk: FaultDisk) {
        do {
            let store = try open(life, disk)
            defer { store.close() }
            try life.begin(store)
            for _ in 1...25 {
                try life.step(store)
                if disk.hasFailed { return life.promises.breaks("the store went on after an error") }
            }
            try life.perform([], store)
            try store.checkpoint()
            try life.readEverything(store)
            try store.end()
        } catch {
            if !disk.hasFailed { life.promises.breaks("an error without a fault: \(error)") }
        }
    }

    private func open(_ life: Life, _ disk: FaultDisk) throws -> SteppedStore {
        try disk.showPresence()
        let store = try SteppedStore(path: disk.database, options: disk.options(), checkpointPages: 40)
        life.promises.reopened(head: store.position)
        return store
    }

    /// The server is started again on the same machine: what was written and not synced is still seen. Then (`losesPower`) it
    /// takes more in, and the power goes: none of that may hang on what the failed sync has dropped.
    private func settle(_ life: Life, _ disk: FaultDisk, losesPower: Bool) throws {
        if losesPower {
            let store = try open(life, disk)
            try life.begin(store)
            for _ in 1...5 { try life.step(store) }
            disk.losePower()
            store.close()
            disk.restorePower()
            life.disconnect()
        }
        let store = try open(life, disk)
        defer { store.close() }
        for problem in try store.problems() { life.promises.breaks("integrity_check: \(problem)") }
        try life.begin(store)
        try life.readEverything(store)
    }
}
