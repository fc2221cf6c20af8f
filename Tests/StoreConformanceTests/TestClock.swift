import RestanteStore
import Synchronization

/// A clock that stands until it is moved.
final class TestClock: Sendable {
    private let time = Mutex<Int64>(StoreClock.wall.now())

    var now: Int64 { time.withLock { $0 } }

    func advance(seconds: Int64) { time.withLock { $0 += seconds * 1000 } }

    var clock: StoreClock { StoreClock { [self] in now } }
}
