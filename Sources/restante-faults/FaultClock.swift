import RestanteStore
import Synchronization

/// A clock that goes as the wall does, from where the test has put it.
final class FaultClock: Sendable {
    private let ahead = Mutex<Int64>(0)

    var now: Int64 { StoreClock.wall.now() + ahead.withLock { $0 } }

    func advance(_ milliseconds: Int64) { ahead.withLock { $0 += milliseconds } }

    var clock: StoreClock { StoreClock { [self] in now } }
}
