import NIOConcurrencyHelpers

@testable import RestantePush

/// A clock that stands still until a test moves it.
final class FakeClock: PushClock {
    private struct Sleeper {
        var moment: Duration
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var uptime: Duration = .zero
        var wall: Int64
        var sleepers: [Int: Sleeper] = [:]
        var cancelled: Set<Int> = []
        var number = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: NIOLockedValueBox<State>

    /// - Parameter wall: milliseconds since the epoch.
    init(wall: Int64 = 1_800_000_000_000) { state = NIOLockedValueBox(State(wall: wall)) }

    var wall: Int64 { state.withLockedValue { $0.wall } }
    var uptime: Duration { state.withLockedValue { $0.uptime } }

    /// How many sleep now.
    var sleepers: Int { state.withLockedValue { $0.sleepers.count } }

    func advance(by duration: Duration) {
        let due = state.withLockedValue { state in
            state.uptime += duration
            state.wall += duration.milliseconds
            let due = state.sleepers.filter { $0.value.moment <= state.uptime }
            for id in due.keys { state.sleepers[id] = nil }
            return due
        }
        for sleeper in due.values { sleeper.continuation.resume() }
    }

    /// The machine's time is set; no more of it has passed.
    func step(by duration: Duration) { state.withLockedValue { $0.wall += duration.milliseconds } }

    func sleep(until moment: Duration) async throws {
        let id = state.withLockedValue { state in
            state.number += 1
            return state.number
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isOver, waiters) = state.withLockedValue { state in
                    defer { state.waiters = [] }
                    guard state.uptime < moment, !state.cancelled.contains(id) else { return (true, state.waiters) }
                    state.sleepers[id] = Sleeper(moment: moment, continuation: continuation)
                    return (false, state.waiters)
                }
                if isOver { continuation.resume() }
                for waiter in waiters { waiter.resume() }
            }
        } onCancel: {
            let sleeper = state.withLockedValue { state in
                state.cancelled.insert(id)
                return state.sleepers.removeValue(forKey: id)
            }
            sleeper?.continuation.resume()
        }
        try Task.checkCancellation()
    }

    /// Returns when somebody sleeps.
    func hasSleeper() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLockedValue { state in
                guard state.sleepers.isEmpty else { return true }
                state.waiters.append(continuation)
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}
