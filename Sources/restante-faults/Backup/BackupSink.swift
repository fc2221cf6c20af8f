import Foundation
import RestanteCore
import Synchronization

/// Keeps what the store says until the answer that is waited for.
final class BackupSink: StoreSink {
    private struct State {
        var events: [StoreEvent] = []
        var waiter: CheckedContinuation<[StoreEvent], any Error>?
    }

    private let state = Mutex(State())

    func store(committed events: [StoreEvent]) {
        let isAnswer = events.contains { if case .replied(_, _, .operators) = $0 { true } else { false } }
        let told = state.withLock { state -> (CheckedContinuation<[StoreEvent], any Error>?, [StoreEvent]) in
            state.events += events
            guard isAnswer else { return (nil, []) }
            defer { state.events = [] }
            return (state.waiter.take(), state.events)
        }
        told.0?.resume(returning: told.1)
    }

    func storeHasRoom() {}

    func store(failed error: any Error) {
        state.withLock { $0.waiter.take() }?.resume(throwing: error)
    }

    /// Calls `body`, which asks for one answer, and gives back all that was told until then.
    func untilAnswered(_ body: () -> Void) async throws -> [StoreEvent] {
        try await withCheckedThrowingContinuation { waiter in
            state.withLock { $0.waiter = waiter }
            body()
        }
    }
}
