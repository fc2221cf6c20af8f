import HeapModule
package import NIOCore

/// Timers of one event loop's connections. On the loop.
///
/// NIO looks through all timers of a loop to cancel one: with 10,000 connections that have two each, cutting them all would
/// occupy it for seconds. Here it is a look-up. Timers of 5 s and more come up to 100 ms later than asked, together, so that
/// idle connections wake the loop ten times a second at most.
package final class LoopTimers {
    /// What was scheduled, to cancel it.
    package struct Timer {
        fileprivate var due: NIODeadline
        fileprivate var id: UInt64
    }

    private let eventLoop: any EventLoop
    private var timers: [NIODeadline: [UInt64: () -> Void]] = [:]
    private var dues: Heap<NIODeadline> = []
    private var nextID: UInt64 = 0
    /// For when the loop is to wake us.
    private var wakesAt: NIODeadline?

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    package func schedule(in delay: TimeAmount, _ body: @escaping () -> Void) -> Timer {
        let grain: UInt64 = delay >= .seconds(5) ? 100_000_000 : 1_000_000
        let exact = (eventLoop.now + delay).uptimeNanoseconds
        let due = NIODeadline.uptimeNanoseconds((exact + grain - 1) / grain * grain)
        nextID += 1
        if timers[due] == nil { dues.insert(due) }
        timers[due, default: [:]][nextID] = body
        wake(at: due)
        return Timer(due: due, id: nextID)
    }

    /// Harmless if it has come.
    package func cancel(_ timer: Timer) {
        timers[timer.due]?[timer.id] = nil
        if timers[timer.due]?.isEmpty == true { timers[timer.due] = nil }
    }

    /// A wake-up that is nearer than before is one more, and what it makes needless finds nothing.
    private func wake(at due: NIODeadline) {
        if let wakesAt, wakesAt <= due { return }
        wakesAt = due
        eventLoop.assumeIsolated().scheduleTask(deadline: due) { [weak self] in self?.run() }
    }

    private func run() {
        let now = eventLoop.now
        while let due = dues.min, due <= now {
            dues.removeMin()
            guard let bodies = timers.removeValue(forKey: due) else { continue }
            for body in bodies.values { body() }
        }
        guard wakesAt.map({ $0 <= now }) ?? true else { return }
        wakesAt = nil
        if let next = dues.min { wake(at: next) }
    }
}

@available(*, unavailable)
extension LoopTimers: Sendable {}
