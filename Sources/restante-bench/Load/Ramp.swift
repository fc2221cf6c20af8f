import NIOCore

/// Brings many up, a bounded number at a time: a server that refuses for the pace is asked again, no faster than it says.
///
/// Bound to one event loop.
final class Ramp {
    private let loop: any EventLoop
    private let count: Int
    private let attempt: (Int) -> Void
    private let done: () -> Void
    private var next = 0
    private var up = 0

    /// - Parameters:
    ///   - attempt: connects the device of a number, which then calls ``succeeded()`` or ``failed(_:_:)``.
    ///   - done: all are up.
    init(
        _ count: Int, atOnce: Int, on loop: any EventLoop, attempt: @escaping (Int) -> Void, done: @escaping () -> Void
    ) {
        (self.count, self.loop, self.attempt, self.done) = (count, loop, attempt, done)
        for _ in 0..<min(atOnce, count) { takeNext() }
        if count == 0 { done() }
    }

    func succeeded() {
        up += 1
        if up == count { done() } else { takeNext() }
    }

    func failed(_ number: Int, _ end: ConnectionEnd) {
        loop.assumeIsolated().scheduleTask(in: end.wait) { [attempt] in attempt(number) }
    }

    private func takeNext() {
        guard next < count else { return }
        next += 1
        attempt(next - 1)
    }
}

extension ConnectionEnd {
    /// How long an impatient client waits: as long as it was told, else up to a second.
    var wait: TimeAmount {
        switch self {
        case .refused(_, let seconds?): .seconds(Int64(seconds)) + .milliseconds(.random(in: 0...500))
        default: .milliseconds(.random(in: 100...1000))
        }
    }
}
