import NIOCore

/// How much of a ``Rate`` is left: a token bucket, kept as the time at which it will be full again.
///
/// A value without a clock: the time is passed in, and is monotonic. A fresh one is full. (Kept this way it is known as
/// the generic cell rate algorithm, ITU-T I.371.)
struct TokenBucket: Sendable {
    private var fullAt = NIODeadline.uptimeNanoseconds(0)

    /// Takes `amount`, or nothing.
    ///
    /// What is more than a whole burst goes when the bucket is full: otherwise it could never go.
    ///
    /// - Returns: nil if it was there; else the time after which it will be.
    mutating func take(_ amount: Int = 1, of rate: Rate, now: NIODeadline) -> TimeAmount? {
        let full = max(fullAt, now) + rate.earning(amount)
        let wait = full - now - rate.earning(max(rate.burst, amount))
        guard wait <= .zero else { return wait }
        fullAt = full
        return nil
    }

    /// Takes `amount` whether it is there or not.
    ///
    /// - Parameter mostDebt: the longest time that paying back may take.
    mutating func charge(_ amount: Int = 1, of rate: Rate, now: NIODeadline, mostDebt: TimeAmount) {
        fullAt = min(max(fullAt, now) + rate.earning(amount), now + rate.earning(rate.burst) + mostDebt)
    }

    /// The time after which nothing is owed; zero if nothing is.
    func debt(of rate: Rate, now: NIODeadline) -> TimeAmount {
        max(fullAt - now - rate.earning(rate.burst), .zero)
    }

    /// Undoes a ``take(_:of:now:)``.
    mutating func giveBack(_ amount: Int = 1, of rate: Rate) { fullAt = fullAt - rate.earning(amount) }

    /// As if nothing had been taken.
    func isFull(at now: NIODeadline) -> Bool { fullAt <= now }
}
