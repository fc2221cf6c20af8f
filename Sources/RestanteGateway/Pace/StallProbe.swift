import NIOCore
import Synchronization

/// How long an event loop has kept its sockets waiting: a timer, and how much too late it came.
///
/// A stall that begins between two beats is measured up to a beat too short.
final class StallProbe: Sendable {
    private let longest = Atomic<Int64>(0)
    private let interval: TimeAmount

    init(every interval: TimeAmount) {
        self.interval = interval
    }

    /// Until the loop ends.
    func start(on eventLoop: any EventLoop) {
        let due = NIODeadline.now() + interval
        eventLoop.scheduleTask(deadline: due) { [self] in
            note(.now() - due)
            start(on: eventLoop)
        }
    }

    private func note(_ lateness: TimeAmount) { longest.max(lateness.nanoseconds, ordering: .relaxed) }

    /// The longest since this was last asked.
    func takeLongest() -> TimeAmount { .nanoseconds(longest.exchange(0, ordering: .relaxed)) }
}
