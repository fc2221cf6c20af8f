import CoreMetrics
import NIOCore
import RestanteMetrics

/// Measures by how much an event loop comes too late to its timers: whatever blocks it, blocks every socket on it.
///
/// Ten times a second for a loop, however many sockets it has. A stall that begins and ends between two beats is not seen: one
/// of 100 ms and more always is, for what it exceeds that.
final class LoopWatch: Sendable {
    private static let beat = TimeAmount.milliseconds(100)

    private let lateness: Recorder
    private let most: Meter

    init(loop: Int, _ factory: any MetricsFactory) {
        lateness = Recorder(.lateness, factory)
        most = Meter(.latenessMost, factory, ["loop": "\(loop)"])
    }

    /// Until the loop ends. Called once.
    func start(on eventLoop: any EventLoop) {
        eventLoop.execute { [self] in beat(eventLoop.assumeIsolated(), longest: 0) }
    }

    private func beat(_ eventLoop: NIOIsolatedEventLoop, longest: Double) {
        let due = NIODeadline.now() + Self.beat
        eventLoop.scheduleTask(deadline: due) { [self] in
            let late = Double((NIODeadline.now() - due).nanoseconds) / 1e9
            lateness.record(late)
            if late > longest { most.set(late) }
            beat(eventLoop, longest: max(late, longest))
        }
    }
}
