import RestanteStore
import Synchronization

/// A machine's clocks, which stand until they are moved.
final class TestClock: Sendable {
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
    func advance(seconds: Int64) {
        state.withLock {
            $0.wall += seconds * 1000
            $0.sinceBoot += seconds * 1000
        }
    }

    /// Somebody sets the wall clock, and no time passes.
    func step(seconds: Int64) { state.withLock { $0.wall += seconds * 1000 } }

    /// The machine is started again after so much time.
    func reboot(after seconds: Int64) {
        state.withLock {
            $0.wall += seconds * 1000
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
