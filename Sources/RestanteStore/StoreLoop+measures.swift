import RestanteCore

/// What the loop tells of its own work: after those who wait have been answered.
extension StoreLoop {
    /// How often it says how it stands.
    static let sampleEvery: UInt64 = 5_000_000_000

    func tellCounts() {
        let counts = engine.takeCounts()
        if !counts.isEmpty { sink.store(measured: .counts(counts)) }
    }

    mutating func sample(_ now: UInt64) {
        guard now >= sampledAt + Self.sampleEvery else { return }
        sampledAt = now
        sink.store(measured: .sample(engine.sample()))
    }
}
