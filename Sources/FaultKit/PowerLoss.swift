import RestanteStore

/// A life that ends in the dark, again and again, and what was left of what had been told.
package struct PowerLoss {
    package struct Outcome: Sendable {
        package var losses = 0
        package var accepted = 0
        /// Empty: every promise was kept.
        package var broken: [String] = []
    }

    package let seed: UInt64
    package let synchronous: String

    package init(seed: UInt64, synchronous: String = "FULL") {
        self.seed = seed
        self.synchronous = synchronous
    }

    package func run() throws -> Outcome {
        let disk = try FaultDisk(seed: seed)
        let life = Life(seed: seed ^ 0x5EED)
        var outcome = Outcome()
        for _ in 0...life.numbers.below(3) {
            live(life, disk)
            disk.losePower()
            disk.restorePower()
            outcome.losses += 1
            life.disconnect()
        }
        do {
            try settle(life, disk)
        } catch {
            life.promises.breaks("the database cannot be used any more: \(error)")
        }
        outcome.accepted = life.promises.acceptedCount
        outcome.broken = life.promises.broken
        return outcome
    }

    /// Opens and lives until the power goes; any error is that, for the store is not told of it otherwise.
    private func live(_ life: Life, _ disk: FaultDisk) {
        // One of eight dies young, within the making or the recovery of the file.
        let diesYoung = life.numbers.below(8) == 0
        if diesYoung { disk.losePower(after: life.numbers.below(60) + 1) }
        do {
            let store = try open(life, disk)
            defer { store.close() }
            try life.begin(store)
            if !diesYoung { disk.losePower(after: 1 << life.numbers.below(10) + life.numbers.below(64)) }
            for _ in 0...life.numbers.below(80) { try life.step(store) }
            if life.numbers.below(4) == 0 { try store.end() } else { disk.losePower() }
        } catch {
            if disk.hasPower { life.promises.breaks("an error without a fault: \(error)") }
        }
    }

    private func open(_ life: Life, _ disk: FaultDisk) throws -> SteppedStore {
        try disk.showPresence()
        let store = try SteppedStore(
            path: disk.database, options: disk.options(synchronous: synchronous), checkpointPages: 40)
        life.promises.reopened(head: store.position)
        return store
    }

    private func settle(_ life: Life, _ disk: FaultDisk) throws {
        let store = try open(life, disk)
        defer { store.close() }
        for problem in try store.problems() { life.promises.breaks("integrity_check: \(problem)") }
        try life.begin(store)
        try life.readEverything(store)
        try store.sweep()
        for problem in try store.problems() { life.promises.breaks("integrity_check after the sweep: \(problem)") }
    }
}
