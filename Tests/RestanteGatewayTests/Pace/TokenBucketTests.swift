import NIOCore
import Testing

@testable import RestanteGateway

/// Token buckets by a clock that the test moves.
struct TokenBucketTests {
    static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    static let rate = Rate(10, burst: 5)

    @Test func aFreshOneIsFull() {
        var bucket = TokenBucket()
        for _ in 0..<5 { #expect(bucket.take(of: Self.rate, now: Self.start) == nil) }
        #expect(bucket.take(of: Self.rate, now: Self.start) == .milliseconds(100))
    }

    /// What is refused takes nothing: whoever waits as long as told gets it.
    @Test func whatWasToldIsTrue() {
        var bucket = TokenBucket()
        #expect(bucket.take(5, of: Self.rate, now: Self.start) == nil)
        for _ in 0..<100 { #expect(bucket.take(3, of: Self.rate, now: Self.start) == .milliseconds(300)) }
        #expect(bucket.take(3, of: Self.rate, now: Self.start + .milliseconds(299)) != nil)
        #expect(bucket.take(3, of: Self.rate, now: Self.start + .milliseconds(300)) == nil)
    }

    @Test func nothingIsEarnedBeyondTheBurst() {
        var bucket = TokenBucket()
        #expect(bucket.take(5, of: Self.rate, now: Self.start) == nil)
        let later = Self.start + .hours(1)
        #expect(bucket.isFull(at: later))
        #expect(bucket.take(5, of: Self.rate, now: later) == nil)
        #expect(bucket.take(of: Self.rate, now: later) != nil)
    }

    @Test func whatIsLargerThanTheBurstGoesWhenItIsFull() {
        var bucket = TokenBucket()
        #expect(bucket.take(20, of: Self.rate, now: Self.start) == nil)
        #expect(bucket.take(20, of: Self.rate, now: Self.start) == .seconds(2))
        #expect(bucket.take(20, of: Self.rate, now: Self.start + .seconds(2)) == nil)
    }

    @Test func debtIsPaidBackWithTimeAndHasAnEnd() {
        var bucket = TokenBucket()
        bucket.charge(5, of: Self.rate, now: Self.start, mostDebt: .seconds(3))
        #expect(bucket.debt(of: Self.rate, now: Self.start) == .zero)
        bucket.charge(2, of: Self.rate, now: Self.start, mostDebt: .seconds(3))
        #expect(bucket.debt(of: Self.rate, now: Self.start) == .milliseconds(200))
        #expect(bucket.debt(of: Self.rate, now: Self.start + .milliseconds(200)) == .zero)
        bucket.charge(1_000_000, of: Self.rate, now: Self.start, mostDebt: .seconds(3))
        #expect(bucket.debt(of: Self.rate, now: Self.start) == .seconds(3))
    }

    @Test func whatIsGivenBackCanBeTakenAgain() {
        var bucket = TokenBucket()
        #expect(bucket.take(5, of: Self.rate, now: Self.start) == nil)
        bucket.giveBack(1, of: Self.rate)
        #expect(bucket.take(of: Self.rate, now: Self.start) == nil)
        #expect(bucket.take(of: Self.rate, now: Self.start) != nil)
    }

    /// No amount that a peer can name overflows.
    @Test func hugeAmountsTakeACentury() {
        #expect(Rate(1, per: .hours(1), burst: 1).earning(.max) == .hours(876_000))
        var bucket = TokenBucket()
        bucket.charge(.max, of: Rate(1, burst: 1), now: Self.start, mostDebt: .seconds(1))
        #expect(bucket.debt(of: Rate(1, burst: 1), now: Self.start) == .seconds(1))
    }
}
