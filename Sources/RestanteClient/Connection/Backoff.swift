/// How long to wait before the next attempt: exponential, with full jitter.
///
/// The wait is drawn evenly from 0 to min(`ceiling`, `base` · 2ⁿ), so that clients which lost the same server do not
/// come back in step.
public struct Backoff: Sendable, Equatable {
    /// Milliseconds: the most to wait after the first failure.
    public var base: Int64
    /// Milliseconds: the most to wait ever.
    public var ceiling: Int64

    public init(base: Int64 = 250, ceiling: Int64 = 30_000) {
        self.base = base
        self.ceiling = ceiling
    }

    /// The most to wait after `failures` failures in a row, in milliseconds.
    func bound(failures: Int) -> Int64 {
        let doublings = min(max(failures - 1, 0), 32)
        return min(ceiling, base << Int64(doublings))
    }

    /// Draws the wait after `failures` failures in a row, in milliseconds.
    func delay(failures: Int, using generator: inout some RandomNumberGenerator) -> Int64 {
        Int64.random(in: 0...max(bound(failures: failures), 0), using: &generator)
    }
}
