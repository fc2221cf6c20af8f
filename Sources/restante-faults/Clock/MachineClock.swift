import RestanteStore
import Synchronization

/// A machine whose time passes when it is told to, and whose wall clock is wrong by as much as it is told.
final class MachineClock: Sendable {
    private struct State {
        /// What a right clock would say.
        var time: Int64
        var offset: Int64 = 0
        var startedAt: Int64
        var boot = 1
    }

    private let state: Mutex<State>

    init() {
        let now = StoreClock.wall.now()
        state = Mutex(State(time: now, startedAt: now - 60_000))
    }

    var time: Int64 { state.withLock { $0.time } }

    var offset: Int64 {
        get { state.withLock { $0.offset } }
        set { state.withLock { $0.offset = newValue } }
    }

    func advance(_ milliseconds: Int64) { state.withLock { $0.time += milliseconds } }

    /// Off for so long, and then up for a moment.
    func reboot(off milliseconds: Int64) {
        state.withLock {
            $0.time += milliseconds + 20_000
            $0.startedAt = $0.time - 20_000
            $0.boot += 1
        }
    }

    var clock: StoreClock {
        StoreClock(
            now: { [self] in state.withLock { $0.time + $0.offset } },
            sinceBoot: { [self] in state.withLock { $0.time - $0.startedAt } },
            bootID: { [self] in "boot \(state.withLock { $0.boot })" })
    }
}
