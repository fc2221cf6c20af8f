import FaultKit
import Testing

/// Some of the places of `restante-faults io-errors`, on disks in memory.
@Suite(.timeLimit(.minutes(5))) struct IOErrorTests {
    @Test(arguments: IOErrors.faults) func nothingIsToldAfterAnError(fault: IOErrors.Fault) throws {
        let seed = UInt64.random(in: 1...UInt64(UInt32.max))
        let outcome = try IOErrors(seed: seed, fault: fault).run(from: Int.random(in: 1...3), by: 97)
        #expect(outcome.cases > 0)
        #expect(outcome.broken == [], "again with: Scripts/faults io-errors --lives 1 --seed \(seed)")
    }
}
