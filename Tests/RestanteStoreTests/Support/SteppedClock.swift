import RestanteStore
import Synchronization

/// A machine's clocks, which stand until they are moved.
final class SteppedClock: Sendable {
    private struct State {
        var wall: Int64
        var sinceBoot: Int64 = 1_000_000
        var boot = 1
    }

    private let state: Mutex<State>

    init(at wall: Int64 = StoreClock.wall.now()) {
        state = Mutex(State(wall: wall))
    }

    /// What the wall clock says.
    var now: Int64 { state.withLock { $0.wall } }

    /// So much time passes.
    func advance(milliseconds: Int64) {
        state.withLock {
            $0.wall += milliseconds
            $0.sinceBoot += milliseconds
        }
    }

    /// Somebody sets the wall clock, and no time passes.
    func step(milliseconds: Int64) { state.withLock { $0.wall += milliseconds } }

    /// The machine is started again after so much time.
    func reboot(after milliseconds: Int64) {
        state.withLock {
            $0.wall += milliseconds
            $0.sinceBoot = 20_000
            $0.boot += 1
        }
    }

    var clock: StoreClock {
        StoreClock(
            now: { [self] in now }, sinceBoot: { [self] in state.withLock { $0.sinceBoot } },
            bootID: { [self] in "boot \(state.withLock { $0.boot })" })
    }
}
