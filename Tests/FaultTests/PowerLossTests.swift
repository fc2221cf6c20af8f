import FaultKit
import Testing

/// Some of the lives of `restante-faults power-loss`, on disks in memory.
@Suite(.timeLimit(.minutes(5))) struct PowerLossTests {
    /// P1 to P5, whatever of the unsynced writes is forgotten, torn or reordered.
    @Test func nothingThatWasToldIsLost() throws {
        let first = UInt64.random(in: 1...UInt64(UInt32.max))
        for seed in first..<(first + 50) {
            let broken = try PowerLoss(seed: seed).run().broken
            #expect(broken == [], "again with: Scripts/faults power-loss --seeds 1 --seed \(seed)")
        }
    }

    /// The same must find what is lost when a commit is not synced: otherwise the test above says nothing.
    @Test func withoutSyncsAcceptedMessagesAreLost() throws {
        let isLost = try (1...50 as ClosedRange<UInt64>).contains { seed in
            try PowerLoss(seed: seed, synchronous: "NORMAL").run().broken.contains { $0.contains("(P1)") }
        }
        #expect(isLost)
    }
}
