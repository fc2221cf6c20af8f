import RestanteCore
import Synchronization

/// Counts what the store says, and hands over the next batch from the store's own thread, so that a commit holds exactly
/// one batch and the store never waits for the bench.
final class BenchSink: StoreSink {
    /// What to hand over after a commit, given its events; nil: this phase is over.
    typealias Next = @Sendable ([StoreEvent]) -> [StoreCommand]?

    private struct Phase {
        var next: Next?
        var done: CheckedContinuation<Void, any Error>?
    }

    private let store: any MessageStore
    private let phase = Mutex(Phase())
    private let told = Mutex<[StoreNotice]>([])

    init(_ store: any MessageStore) {
        self.store = store
    }

    /// Hands over `first`, then whatever `next` says after each commit, until it says nothing.
    func run(_ first: [StoreCommand], next: @escaping Next) async throws {
        try await withCheckedThrowingContinuation { continuation in
            phase.withLock { $0 = Phase(next: next, done: continuation) }
            store.enqueue(first)
        }
    }

    func store(committed events: [StoreEvent]) {
        guard let next = phase.withLock({ $0.next }) else { return }
        if let commands = next(events) {
            store.enqueue(commands)
        } else {
            end(.success(()))
        }
    }

    func storeHasRoom() {}

    func store(noticed notice: StoreNotice) { told.withLock { $0.append(notice) } }

    /// What the operator was told so far.
    var notices: [StoreNotice] { told.withLock { $0 } }

    func store(failed error: any Error) { end(.failure(error)) }

    private func end(_ result: Result<Void, any Error>) {
        let done = phase.withLock { phase in
            defer { phase = Phase() }
            return phase.done
        }
        done?.resume(with: result)
    }
}
