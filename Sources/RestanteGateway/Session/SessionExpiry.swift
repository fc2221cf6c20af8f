import NIOCore

/// For how long a session's token counts: until its time is over, or its key is no longer among those that are verified with.
/// On the session's event loop.
final class SessionExpiry {
    /// Which key vouched for the token; nil: any.
    var key: KeySet.Fingerprint?
    private let tokens: TokenVerifier
    private let timers: LoopTimers
    private var timer: LoopTimers.Timer?

    init(_ tokens: TokenVerifier, _ timers: LoopTimers) {
        self.tokens = tokens
        self.timers = timers
    }

    var isKeyKnown: Bool { key.map(tokens.knows) ?? true }

    /// Calls `expired` at that time of the wall clock, in milliseconds, or at once if the key has gone meanwhile; a later call takes
    /// the place of this one.
    func schedule(at milliseconds: Int64, _ expired: @escaping () -> Void) {
        stop()
        let left = isKeyKnown ? tokens.secondsLeft(until: milliseconds / 1000) : 0
        // An hour at a time: a timer that is cancelled leaves a trace until its time.
        let step = min(max(left, 0), 3600)
        timer = timers.schedule(in: .seconds(step)) { [self] in
            if step < left { schedule(at: milliseconds, expired) } else { expired() }
        }
    }

    func stop() {
        if let timer { timers.cancel(timer) }
        timer = nil
    }
}

@available(*, unavailable)
extension SessionExpiry: Sendable {}
