import RestanteStore
import Synchronization

/// A clock that stands until it is moved.
final class SteppedClock: Sendable {
    private let time = Mutex<Int64>(StoreClock.wall.now())

    var now: Int64 { time.withLock { $0 } }

    func advance(milliseconds: Int64) { time.withLock { $0 += milliseconds } }

    var clock: StoreClock { StoreClock { [self] in now } }
}
