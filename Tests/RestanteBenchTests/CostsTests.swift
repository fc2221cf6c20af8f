import Testing

@testable import restante_bench

@Suite struct CostsTests {
    private static func calls(_ allocations: Int64, fsyncs: Int64, wal: Int64, database: Int64) -> Calls {
        var calls = Calls()
        (calls.allocations, calls.fsyncs, calls.walBytes, calls.databaseBytes) = (allocations, fsyncs, wal, database)
        return calls
    }

    private static func reading(_ time: Double, _ calls: Calls?) -> Costs {
        Costs(wallSeconds: time, cpuSeconds: time / 2, diskBytes: Int64(time) * 4096, calls: calls)
    }

    @Test func whatLiesBetweenTwoReadingsIsSharedByTheMessages() throws {
        let before = Self.reading(10, Self.calls(100, fsyncs: 3, wal: 1000, database: 0))
        let after = Self.reading(12, Self.calls(1100, fsyncs: 8, wal: 2000, database: 500))
        let costs = (after - before).per(100)
        #expect(costs.cpuUsPerMessage == 10_000)
        #expect(costs.bytesPerMessage == 15 && costs.walBytesPerMessage == 10)
        #expect(costs.fsyncsPerMessage == 0.05 && costs.fsyncsPerS == 2.5)
        #expect(costs.allocationsPerMessage == 10 && costs.diskBytesPerMessage == 81.9)
    }

    @Test func whatNobodyCountedIsNotZero() {
        let costs = (Self.reading(2, nil) - Self.reading(1, Calls())).per(1)
        #expect(costs.bytesPerMessage == nil && costs.fsyncsPerMessage == nil && costs.allocationsPerMessage == nil)
    }

    @Test func phasesLieBetweenReadings() {
        let phases = Phases(between: [1, 2, 4, 8].map { Self.calls($0, fsyncs: 0, wal: 0, database: 0) })
        #expect(phases.stored.allocations == 1 && phases.drained.allocations == 2 && phases.swept.allocations == 4)
    }
}

@Suite struct GuardFiguresTests {
    private let measured = GuardFigures(
        allocationsPerMessage: 10, bytesPerMessage: 2000, fsyncsPerMessage: 0.008, instructionsPerMessage: 40_000,
        bytesToC: 1, instructionsToC: 2)

    @Test func whatWasMeasuredIsWithinItsThresholds() {
        #expect(measured.lines(beside: measured.withMargins).allSatisfy { $0.holds })
    }

    @Test func eachFigureThatGrowsIsToldAlone() {
        let grown: [(WritableKeyPath<GuardFigures, Double>, Double)] = [
            (\.allocationsPerMessage, 11), (\.bytesPerMessage, 2100), (\.fsyncsPerMessage, 0.0081),
            (\.instructionsPerMessage, 42_000), (\.bytesToC, 1.2), (\.instructionsToC, 2.4),
        ]
        for (path, value) in grown {
            var figures = measured
            figures[keyPath: path] = value
            #expect(figures.lines(beside: measured.withMargins).filter { !$0.holds }.count == 1)
        }
    }
}
