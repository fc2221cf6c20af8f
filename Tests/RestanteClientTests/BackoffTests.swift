import Testing

@testable import RestanteClient

@Suite struct BackoffTests {
    @Test func boundDoublesUpToTheCeiling() {
        let backoff = Backoff(base: 250, ceiling: 30_000)
        #expect(
            (1...9).map { backoff.bound(failures: $0) } == [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
        #expect(backoff.bound(failures: 1_000_000) == 30_000)
    }

    @Test func delayIsDrawnFromZeroToTheBound() throws {
        let backoff = Backoff(base: 100, ceiling: 1000)
        var generator = SystemRandomNumberGenerator()
        for failures in 1...8 {
            let delays = (0..<500).map { _ in backoff.delay(failures: failures, using: &generator) }
            let bound = backoff.bound(failures: failures)
            #expect(delays.allSatisfy { (0...bound).contains($0) })
            // Full jitter: both ends of the range are used, not only the neighbourhood of the bound.
            #expect(try #require(delays.min()) < bound / 4)
            #expect(try #require(delays.max()) > bound * 3 / 4)
        }
    }
}
