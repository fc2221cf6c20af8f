import RestanteCore
import RestanteStore
import Synchronization

/// Hands commands to a store in this process and waits for what they cause.
final class StoreCaller: StoreSink {
    private struct State {
        var events: [StoreEvent] = []
        var waiter: CheckedContinuation<Void, Never>?
        var wakes: [Wake] = []
        var wakeWaiter: (count: Int, CheckedContinuation<Void, Never>)?
        var failure: String?

        /// Whoever waits for as many wakes as there are now.
        mutating func takeWakeWaiter() -> CheckedContinuation<Void, Never>? {
            guard let (count, waiter) = wakeWaiter, wakes.count >= count || failure != nil else { return nil }
            wakeWaiter = nil
            return waiter
        }
    }

    let store: SQLiteStore
    private let state = Mutex(State())
    /// Called on the store's thread when something is told.
    private let told: @Sendable () -> Void

    /// Opens the database and starts its thread.
    init(path: String, options: StoreOptions) throws {
        store = try SQLiteStore.open(path: path, options: options)
        told = {}
        store.start(reportingTo: self)
    }

    /// Of a store that is started by someone else.
    init(_ store: SQLiteStore, told: @escaping @Sendable () -> Void) {
        (self.store, self.told) = (store, told)
    }

    var hasFailed: Bool { state.withLock { $0.failure != nil } }

    /// One commit, if nothing else waits; the events of whatever happened until its end.
    @discardableResult
    func perform(_ commands: [StoreCommand]) async throws -> [StoreEvent] {
        await withCheckedContinuation { waiter in
            let hasFailed = state.withLock { state in
                if state.failure == nil { state.waiter = waiter }
                return state.failure != nil
            }
            // Nobody would answer.
            if hasFailed { return waiter.resume() }
            store.enqueue(commands + [.request(.probe, id: 0, from: .operators(CallID(0)))])
        }
        return try state.withLock { state in
            if let failure = state.failure { throw BrokenPromise("the store failed: \(failure)") }
            defer { state.events = [] }
            return state.events
        }
    }

    /// Returns when the store has asked for so many devices to be woken since the last call.
    func wakes(_ count: Int) async throws -> [Wake] {
        await withCheckedContinuation { waiter in
            let ready = state.withLock { state in
                state.wakeWaiter = (count, waiter)
                return state.takeWakeWaiter()
            }
            ready?.resume()
        }
        return try state.withLock { state in
            if let failure = state.failure { throw BrokenPromise("the store failed: \(failure)") }
            defer { state.wakes = [] }
            return state.wakes
        }
    }

    func store(wakes: [Wake]) {
        let ready = state.withLock { state in
            state.wakes += wakes
            return state.takeWakeWaiter()
        }
        ready?.resume()
    }

    func store(committed events: [StoreEvent]) {
        let isAnswer = events.contains { if case .replied(_, _, .operators) = $0 { true } else { false } }
        told()
        wake(isAnswer) { $0.events += events }
    }

    func storeHasRoom() {}

    func store(failed error: any Error) {
        wake(true) { $0.failure = "\(error)" }
        state.withLock { $0.takeWakeWaiter() }?.resume()
    }

    private func wake(_ isAnswer: Bool, _ change: (inout State) -> Void) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            change(&state)
            guard isAnswer else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}

/// What was promised did not hold; the message says how to see it again.
struct BrokenPromise: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
