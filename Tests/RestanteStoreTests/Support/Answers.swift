import RestanteCore
import Synchronization

/// A sink that keeps what it is told, and wakes whoever waits for the answer to an operator's question.
final class Answers: StoreSink {
    private struct State {
        var events: [StoreEvent] = []
        var waiter: CheckedContinuation<Void, Never>?
        var failure: String?
        var notices: [StoreNotice] = []
        var measures: [StoreMeasure] = []
    }

    private let state = Mutex(State())

    func store(committed events: [StoreEvent]) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.events += events
            let isAnswer = events.contains { if case .replied(_, _, .operators) = $0 { true } else { false } }
            defer { if isAnswer { state.waiter = nil } }
            return isAnswer ? state.waiter : nil
        }
        waiter?.resume()
    }

    func storeHasRoom() {}

    func store(failed error: any Error) {
        let waiter = state.withLock { state in
            state.failure = "\(error)"
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func store(noticed notice: StoreNotice) { state.withLock { $0.notices.append(notice) } }

    func store(measured measure: StoreMeasure) { state.withLock { $0.measures.append(measure) } }

    /// All that it measured.
    var measures: [StoreMeasure] { state.withLock { $0.measures } }

    var notices: [StoreNotice] { state.withLock { $0.notices } }

    var failure: String? { state.withLock { $0.failure } }

    /// Calls `body`, which asks one question, and gives back all that was told until its answer.
    func untilAnswered(_ body: () -> Void) async -> [StoreEvent] {
        await withCheckedContinuation { waiter in
            state.withLock { $0.waiter = waiter }
            body()
        }
        return state.withLock { state in
            defer { state.events = [] }
            return state.events
        }
    }
}
