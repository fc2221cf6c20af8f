import RestanteCore
import Synchronization

/// A sink that keeps everything it is told, and wakes whoever waits for an answer.
final class Recorder: StoreSink {
    private struct State {
        var events: [StoreEvent] = []
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var failure: String?
    }

    private let state = Mutex(State())

    func store(committed events: [StoreEvent]) {
        let woken = state.withLock { state in
            state.events += events
            return events.compactMap { event -> CheckedContinuation<Void, Never>? in
                guard case .replied(_, let id, .operators) = event else { return nil }
                return state.waiters.removeValue(forKey: id)
            }
        }
        for waiter in woken { waiter.resume() }
    }

    func storeHasRoom() {}

    func store(failed error: any Error) {
        let woken = state.withLock { state in
            state.failure = "\(error)"
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in woken { waiter.resume() }
    }

    var failure: String? { state.withLock { $0.failure } }

    /// Calls `body`, which asks a question with this id, and waits for its answer; gives back all events until then.
    func events(untilAnswerTo id: UInt64, _ body: () -> Void) async -> [StoreEvent] {
        await withCheckedContinuation { continuation in
            state.withLock { $0.waiters[id] = continuation }
            body()
        }
        return state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }
}
