import NIOCore

/// Calls again and again on an event loop, until it is cancelled. Bound to that loop.
final class Ticker {
    private let loop: any EventLoop
    private let every: TimeAmount
    private let tick: (_ late: TimeAmount) -> Void
    private var due: NIODeadline
    private var isCancelled = false

    /// - Parameter tick: told how much later than it was due it is called.
    init(every: TimeAmount, on loop: any EventLoop, tick: @escaping (_ late: TimeAmount) -> Void) {
        (self.loop, self.every, self.tick) = (loop, every, tick)
        due = .now()
        schedule()
    }

    func cancel() { isCancelled = true }

    private func schedule() {
        due = .now() + every
        loop.assumeIsolated().scheduleTask(deadline: due) { [self] in
            guard !isCancelled else { return }
            tick(.now() - due)
            schedule()
        }
    }
}
