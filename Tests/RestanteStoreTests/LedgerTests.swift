import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// A random life of a few users, held against a ledger of what is owed: P2-P5 in every order of events that chance finds.
@Suite struct LedgerTests {
    /// `RESTANTE_SEED=… swift test --filter LedgerTests` repeats a run, `RESTANTE_SEEDS=100` makes so many.
    @Test func theStoreAgreesWithTheLedger() async throws {
        let number = { (name: String) in ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } }
        for _ in 1...(number("RESTANTE_SEEDS") ?? 1) {
            try await live(number("RESTANTE_SEED") ?? UInt64.random(in: 1...UInt64(UInt32.max)))
        }
    }

    private func live(_ seed: UInt64) async throws {
        print("LedgerTests: RESTANTE_SEED=\(seed)")
        let life = try RandomLife(seed: seed)
        do {
            for _ in 1...5000 { try await life.step() }
            try await life.readEverything()
        } catch {
            Issue.record("\(error), at step \(life.steps) of RESTANTE_SEED=\(seed)")
        }
        await life.box.shutdown()
        #expect(try box(life, "SELECT count(*) FROM messages") == ["0"])
        #expect(try box(life, "SELECT count(*) FROM losses WHERE acked = 0") == ["0"])
        #expect(try box(life, "SELECT count(*) FROM endings") == ["0"])
        #expect(try box(life, "PRAGMA integrity_check") == ["ok"])
    }

    private func box(_ life: RandomLife, _ sql: String) throws -> [String] { try life.box.folder.texts(sql) }
}

/// The same numbers for the same seed (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
