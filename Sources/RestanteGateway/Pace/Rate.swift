public import NIOCore

/// So many in a time, and so many at once after a rest.
public struct Rate: Sendable, Hashable, CustomStringConvertible {
    public var count: Int
    public var time: TimeAmount
    /// What may come at once when nothing came before.
    public var burst: Int

    /// - Precondition: both numbers are positive.
    public init(_ count: Int, per time: TimeAmount = .seconds(1), burst: Int) {
        precondition(count > 0 && burst > 0, "a rate of nothing lets nothing through, ever")
        self.count = count
        self.time = time
        self.burst = burst
    }

    /// How long it takes until `amount` has been earned.
    func earning(_ amount: Int) -> TimeAmount {
        let (high, low) = UInt64(max(time.nanoseconds, 0)).multipliedFullWidth(by: UInt64(max(amount, 0)))
        // Without 128 bits where 64 do: it is asked with every message.
        if high == 0 { return min(.nanoseconds(Int64(clamping: low / UInt64(count))), Self.century) }
        guard high < UInt64(count) else { return Self.century }
        let nanoseconds = UInt64(count).dividingFullWidth((high, low)).quotient
        return min(.nanoseconds(Int64(clamping: nanoseconds)), Self.century)
    }

    /// What would take longer is as good as never, and nothing that is added to it overflows.
    private static let century = TimeAmount.hours(876_000)

    /// The same shape at another height: so many in the time, and the burst in proportion.
    func scaled(by factor: Double) -> Rate {
        Rate(max(Int(Double(count) * factor), 1), per: time, burst: max(Int(Double(burst) * factor), 1))
    }

    public var description: String { "\(count) in \(time.nanoseconds / 1_000_000_000) s, \(burst) at once" }
}
