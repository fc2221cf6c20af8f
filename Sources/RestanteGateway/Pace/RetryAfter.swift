import NIOCore
import RestanteCore

/// When somebody who was refused may come back: whole seconds, with a random part, so that those who were refused
/// together do not come back together.
enum RetryAfter {
    /// At least `wait`, and up to half as much more.
    static func seconds(_ wait: TimeAmount) -> Int {
        let seconds = max((wait.nanoseconds + 999_999_999) / 1_000_000_000, 1)
        return Int(seconds + Int64.random(in: 0...max(seconds / 2, 1)))
    }

    /// Milliseconds after which one of so many clients should connect again, if all are sent away at once.
    ///
    /// They come back no faster than they are accepted, and all of them begin within a minute.
    ///
    /// - Parameter range: what is right for a few.
    static func milliseconds(_ range: ClosedRange<UInt32>, clients: Int, accepted rate: Rate) -> UInt32 {
        let time = rate.earning(clients).nanoseconds / 1_000_000
        return .random(in: range.lowerBound...max(range.upperBound, UInt32(clamping: min(time, most))))
    }

    /// A connection that is begun then has the rest of the minute for its handshake.
    private static let most: Int64 = 50_000
}

extension Refusal {
    /// More than a rate allows.
    static func tooMany(_ charge: Charge, wait: TimeAmount) -> Refusal {
        Refusal(.rateLimited, "too many \(charge.name) at once", retryAfter: RetryAfter.seconds(wait))
    }
}
