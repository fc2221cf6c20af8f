import Synchronization

/// Tells the threads of a backup to end it.
final class Cancellation: Sendable {
    private let flag = Atomic(false)

    func cancel() { flag.store(true, ordering: .relaxed) }
    var isCancelled: Bool { flag.load(ordering: .relaxed) }

    func check() throws(StoreError) {
        if isCancelled { throw Self.error }
    }

    static let error = StoreError(
        .locked,
        "the backup was ended before it was whole, and nothing was made: the server is shutting down, or "
            + "whoever asked for it has gone. Try again.")
}

/// Sees to it that one backup is made at a time, and that a store which shuts down waits for its end.
final class BackupDesk: Sendable {
    private struct State {
        var current: Cancellation?
        var isClosed = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    func begin() throws(StoreError) -> Cancellation {
        try state.withLock { state throws(StoreError) in
            if state.isClosed { throw Cancellation.error }
            guard state.current == nil else {
                throw StoreError(.locked, "another backup is under way; wait until it has ended")
            }
            let cancellation = Cancellation()
            state.current = cancellation
            return cancellation
        }
    }

    func end() {
        let waiter = state.withLock { state in
            state.current = nil
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// No other begins, and the one that is under way is told to end.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.current?.cancel()
        }
    }

    /// Waits until none is under way: its temporary file is gone then. For one caller at a time.
    func untilIdle() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.current != nil { state.waiter = continuation }
                return state.current == nil
            }
            if isIdle { continuation.resume() }
        }
    }
}
