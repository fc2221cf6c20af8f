import Synchronization

/// Holds events until the app takes them.
///
/// Bounded without refusing anything that is owed: the server sends no more than a window unacknowledged, and what an
/// earlier connection delivered is dropped here once a new one begins, because it comes again. Ephemeral messages,
/// which nothing else bounds, are dropped when the app is far behind.
final class EventQueue: Sendable {
    fileprivate struct State {
        var events: [ClientEvent] = []
        var next = 0
        var finished = false
        var waiting: CheckedContinuation<ClientEvent?, Never>?
    }

    /// Events waiting, above which ephemeral ones are dropped.
    static let ephemeralBound = 1024

    private let state = Mutex(State())

    func push(_ event: ClientEvent) {
        let waiting = state.withLock { state -> CheckedContinuation<ClientEvent?, Never>? in
            guard !state.finished else { return nil }
            if let waiting = state.waiting.take() { return waiting }
            if case .relayed = event, state.events.count - state.next >= Self.ephemeralBound { return nil }
            if case .welcome = event { state.dropStaleDeliveries() }
            state.events.append(event)
            return nil
        }
        waiting?.resume(returning: event)
    }

    func finish() {
        let waiting = state.withLock { state in
            state.finished = true
            return state.waiting.take()
        }
        waiting?.resume(returning: nil)
    }

    /// The next event, waiting for it; nil at the end. For one caller at a time.
    func next() async -> ClientEvent? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> ClientEvent?? in
                    if let event = state.pop() { return .some(event) }
                    if state.finished || Task.isCancelled { return .some(nil) }
                    precondition(state.waiting == nil, "two readers of one client's events")
                    state.waiting = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            state.withLock { $0.waiting.take() }?.resume(returning: nil)
        }
    }
}

extension EventQueue.State {
    fileprivate mutating func pop() -> ClientEvent? {
        guard next < events.count else { return nil }
        defer {
            next += 1
            if next == events.count {
                events.removeAll(keepingCapacity: true)
                next = 0
            }
        }
        return events[next]
    }

    fileprivate mutating func dropStaleDeliveries() {
        events.removeSubrange(..<next)
        next = 0
        events.removeAll { if case .delivery = $0 { true } else { false } }
    }
}
