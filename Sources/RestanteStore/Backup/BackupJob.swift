import RestanteCore
import Synchronization

/// What the store's thread is asked to copy, and where its result is waited for.
final class BackupJob: Sendable {
    private enum State {
        case open(CheckedContinuation<Snapshot, any Error>?)
        case ended(Result<Snapshot, StoreError>)
    }

    /// The temporary file, which is there and empty.
    let path: String
    let cancellation: Cancellation
    let observer: BackupObserver
    private let state = Mutex(State.open(nil))

    init(path: String, cancellation: Cancellation, observer: @escaping BackupObserver) {
        self.path = path
        self.cancellation = cancellation
        self.observer = observer
    }

    /// Once.
    func end(_ result: Result<Snapshot, StoreError>) {
        let waiter = state.withLock { state -> CheckedContinuation<Snapshot, any Error>? in
            guard case .open(let waiter) = state else { preconditionFailure("a backup ended twice") }
            state = .ended(result)
            return waiter
        }
        waiter?.resume(with: result.mapError { $0 })
    }

    /// The source as it was when the last page was copied. For one caller.
    func copied() async throws -> Snapshot {
        try await withCheckedThrowingContinuation { continuation in
            let result = state.withLock { state -> Result<Snapshot, StoreError>? in
                switch state {
                case .open:
                    state = .open(continuation)
                    return nil
                case .ended(let result): return result
                }
            }
            if let result { continuation.resume(with: result.mapError { $0 }) }
        }
    }
}

/// A read-only connection in a transaction that sees the source as it is in the copy. `@unchecked Sendable`: made by the
/// store's thread, which hands it over for good.
///
/// It holds the WAL back until it is closed, so that is done as soon as its rows are counted.
struct Snapshot: @unchecked Sendable {
    let connection: Connection
}
