import Synchronization

/// A value that changes, for whoever waits until it is as wanted: no sleeping, no asking again and again.
final class Watched<Value: Sendable>: Sendable {
    private struct State {
        var value: Value
        var version = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ value: Value) {
        state = Mutex(State(value: value))
    }

    var now: Value { state.withLock { $0.value } }

    /// Changes the value and wakes everyone who waits.
    func change(_ body: (inout Value) -> Void) {
        let woken = state.withLock { state in
            body(&state.value)
            state.version += 1
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in woken { waiter.resume() }
    }

    /// What `find` finds in the value, as soon as it finds something.
    ///
    /// - Throws: what `find` throws, or `CancellationError`: a test's time limit cancels.
    func first<Found>(_ find: (Value) throws -> Found?) async throws -> Found {
        while true {
            try Task.checkCancellation()
            // Looked at in place: a copy that lives on would make the next change copy all of it.
            let (found, version) = try state.withLock { (try find($0.value), $0.version) }
            if let found { return found }
            await changed(since: version)
        }
    }

    private func changed(since version: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOld = state.withLock { state in
                    if state.version == version { state.waiters.append(continuation) }
                    return state.version != version
                }
                if isOld { continuation.resume() }
            }
        } onCancel: {
            // A change of nothing: also for a waiter that is about to wait.
            change { _ in }
        }
    }
}
