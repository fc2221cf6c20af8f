/// How long to wait before a wake is tried again: exponential, with full jitter.
///
/// The wait is drawn evenly from 0 to min(`ceiling`, `base` · 2ⁿ), so that what failed together does not come back
/// together.
public struct PushBackoff: Sendable, Equatable {
    /// The most to wait after the first failure.
    public var base: Duration
    /// The most to wait ever, unless the provider asks for more.
    public var ceiling: Duration
    /// What `base` is while credentials are refused: only an operator can end that.
    public var alarmBase: Duration

    public init(base: Duration = .seconds(1), ceiling: Duration = .seconds(900), alarmBase: Duration = .seconds(60)) {
        self.base = base
        self.ceiling = ceiling
        self.alarmBase = alarmBase
    }

    /// The most to wait after `failures` failures in a row.
    func bound(failures: Int, base: Duration) -> Duration {
        let doublings = min(max(failures - 1, 0), 32)
        return min(ceiling, base * (1 << doublings))
    }

    func delay(failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        Self.share(of: bound(failures: failures, base: base), from: 0, using: &generator)
    }

    /// At least half of the bound: nobody gains by asking sooner.
    func alarmDelay(failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        Self.share(of: bound(failures: failures, base: alarmBase), from: 0.5, using: &generator)
    }

    /// What the provider asked for, and up to a tenth more: others were told the same.
    func delay(after asked: Duration, using generator: inout some RandomNumberGenerator) -> Duration {
        asked + Self.share(of: max(asked / 10, base), from: 0, using: &generator)
    }

    private static func share(
        of bound: Duration, from least: Double, using generator: inout some RandomNumberGenerator
    ) -> Duration {
        bound * Double.random(in: least...1, using: &generator)
    }
}
