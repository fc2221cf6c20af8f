import NIOCore
import Testing

@testable import RestanteGateway

/// When those who were sent away come back: not together, and within a minute.
struct RetryAfterTests {
    private static let rate = Rate(1000, burst: 100)

    private func times(_ clients: Int) -> [UInt32] {
        (0..<1000).map { _ in RetryAfter.milliseconds(500...5000, clients: clients, accepted: Self.rate) }
    }

    @Test func aFewComeBackSoon() {
        #expect(times(10).allSatisfy { (500...5000).contains($0) })
    }

    @Test func manyComeBackNoFasterThanTheyAreAccepted() throws {
        let times = times(20_000)
        #expect(times.allSatisfy { (500...20_000).contains($0) })
        #expect(try #require(times.max()) > 15_000)
        #expect(times.filter { $0 < 10_000 }.count < 600)
    }

    @Test func allBeginWithinAMinute() throws {
        #expect(try #require(times(10_000_000).max()) <= 50_000)
    }

    @Test func secondsAreEnoughAndNotAllAlike() {
        let seconds = (0..<1000).map { _ in RetryAfter.seconds(.milliseconds(9_001)) }
        #expect(seconds.allSatisfy { (10...15).contains($0) })
        #expect(Set(seconds).count > 3)
        #expect(RetryAfter.seconds(.zero) >= 1)
    }
}
