import RestanteCore

/// The sends that have no answer yet: a bounded number on the way, the others behind them in order.
struct OutgoingSends {
    /// Messages that may be on the way at once.
    let limit: Int
    /// On the way, with the order in which they were handed in.
    private var inFlight: [MessageID: (order: UInt64, submission: Submission)] = [:]
    private var waiting: [Submission] = []
    private var nextOrder: UInt64 = 0

    init(limit: Int) { self.limit = limit }

    func contains(_ id: MessageID) -> Bool {
        inFlight[id] != nil || waiting.contains { $0.id == id }
    }

    mutating func append(_ submission: Submission) { waiting.append(submission) }

    /// Takes from those waiting what has room, to be written now.
    mutating func fill() -> [Submission] {
        let room = min(max(limit - inFlight.count, 0), waiting.count)
        let taken = Array(waiting.prefix(room))
        waiting.removeFirst(room)
        for submission in taken {
            inFlight[submission.id] = (nextOrder, submission)
            nextOrder += 1
        }
        return taken
    }

    /// Everything that was on the way on an earlier connection, in order: the same again, with the same ids (P4).
    func unanswered() -> [Submission] {
        inFlight.values.sorted { $0.order < $1.order }.map(\.submission)
    }

    /// Forgets a send that was answered or that nobody waits for any more. False: it was not there.
    @discardableResult
    mutating func remove(_ id: MessageID) -> Bool {
        if inFlight.removeValue(forKey: id) != nil { return true }
        guard let index = waiting.firstIndex(where: { $0.id == id }) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// Forgets the ephemeral sends that were on the way: a resend of one would not be recognised.
    mutating func removeEphemeralInFlight() -> [MessageID] {
        let lost = unanswered().filter(\.ephemeral).map(\.id)
        for id in lost { inFlight[id] = nil }
        return lost
    }

    mutating func removeAll() -> [MessageID] {
        let all = unanswered().map(\.id) + waiting.map(\.id)
        inFlight = [:]
        waiting = []
        return all
    }
}
