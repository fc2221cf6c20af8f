import NIOConcurrencyHelpers
import RestanteCore

@testable import RestantePush

/// A sink that keeps what it is told, for a test that waits for it.
final class RecordingSink: PushSink {
    struct Ended: Equatable, Sendable {
        var name: String
        var outcome: WakeOutcome
    }

    private struct State {
        var ended: [Ended] = []
        var answers: [PushAnswer] = []
        var alarms: [String] = []
        var connected: [String] = []
        var waiters: [(count: Int, of: @Sendable (State) -> Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = NIOLockedValueBox(State())

    func ended(_ wake: Wake, _ outcome: WakeOutcome) {
        change { $0.ended.append(Ended(name: wake.device.user.rawValue, outcome: outcome)) }
    }

    func answered(_ wake: Wake, _ answer: PushAnswer, took: Duration) {
        change { $0.answers.append(answer) }
    }

    func alarm(_ provider: PushProvider, reason: String, of alarm: PushAlarm) {
        change { $0.alarms.append("\(provider.name): \(reason)") }
    }

    func connected(_ device: DeviceAddress, isCancelled: Bool) {
        change { $0.connected.append(device.user.rawValue) }
    }

    var connected: [String] { state.withLockedValue { $0.connected } }
    var ended: [Ended] { state.withLockedValue { $0.ended } }
    var answers: [PushAnswer] { state.withLockedValue { $0.answers } }
    var alarms: [String] { state.withLockedValue { $0.alarms } }

    /// Returns when so many wakes have ended.
    func ended(_ count: Int) async { await wait(count) { $0.ended.count } }
    /// Returns when so many answers have come.
    func answered(_ count: Int) async { await wait(count) { $0.answers.count } }

    private func wait(_ count: Int, _ of: @escaping @Sendable (State) -> Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLockedValue { state in
                guard of(state) < count else { return true }
                state.waiters.append((count, of, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    private func change(_ change: (inout State) -> Void) {
        let ready = state.withLockedValue { state in
            change(&state)
            let now = state
            defer { state.waiters.removeAll { $0.of(now) >= $0.count } }
            return now.waiters.filter { $0.of(now) >= $0.count }
        }
        for waiter in ready { waiter.2.resume() }
    }
}
