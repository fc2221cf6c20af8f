import NIOConcurrencyHelpers
import RestanteCore

/// Calls that are not a session's (`POST /v1/messages`, operators) and wait for the store's answer.
final class CallRegistry: Sendable {
    /// What the store answered.
    enum Answer: Sendable {
        case sent(SendOutcome)
        case replied(Result<Reply, Refusal>)
        /// The store ended before it answered: what became of the call is decided by what is on disk.
        case lost(Refusal)
    }

    private struct State {
        var next: UInt64 = 1
        var waiting: [CallID: @Sendable (Answer) -> Void] = [:]
        var ended: Refusal?
    }

    private let state = NIOLockedValueBox(State())

    /// Gives out an id under which `answer` is called once: on the store's thread, so it must not block.
    ///
    /// - Returns: nil if the end has come; `answer` has been called then.
    func register(_ answer: @escaping @Sendable (Answer) -> Void) -> CallID? {
        let (id, ended) = state.withLockedValue { state -> (CallID?, Refusal?) in
            if let ended = state.ended { return (nil, ended) }
            let id = CallID(state.next)
            state.next += 1
            state.waiting[id] = answer
            return (id, nil)
        }
        if let ended { answer(.lost(ended)) }
        return id
    }

    func answer(_ call: CallID, _ answer: Answer) {
        state.withLockedValue { $0.waiting.removeValue(forKey: call) }?(answer)
    }

    /// Answers all that still wait, and all that come later, with `refusal`.
    func end(_ refusal: Refusal) {
        let waiting = state.withLockedValue { state in
            state.ended = state.ended ?? refusal
            defer { state.waiting = [:] }
            return state.waiting
        }
        for answer in waiting.values { answer(.lost(refusal)) }
    }
}
