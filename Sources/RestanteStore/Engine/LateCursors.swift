import RestanteCore

/// Cursors that stand before messages which are owed to nobody: who has sent them, of its own ones, and where they may move to.
///
/// They move late, and many together in the order of their logs: a sender's cursor at each of its messages costs a row and a
/// place of the index in every batch, which is more than the message itself. Nothing but the sweep waits for it: a
/// process that is killed reads past these messages again. Belongs to the store's thread.
struct LateCursors {
    /// How long, in nanoseconds, a cursor waits for others at the most.
    var longest: UInt64 = 1_000_000_000
    /// What one batch moves at most, since its commit waits for it.
    private static let atOnce = 256

    private var sessions: [SessionID: Session] = [:]
    private var since: UInt64?
    /// What is moved now, the highest log first.
    private var due: [(log: LogKey, session: Session)] = []

    /// When some are to move; nil: none waits.
    var dueAt: UInt64? { due.isEmpty ? since.map { $0 + longest } : 0 }

    /// A session has looked past messages.
    ///
    /// - Parameter commit: when the batch before committed, so that a sender which is alone and slow moves its cursor with its own
    ///   batch and costs no commit more.
    mutating func note(_ session: Session, after commit: UInt64) {
        if since == nil { since = commit }
        sessions[session.id] = session
    }

    /// Takes those that move with the batch at hand.
    mutating func take() -> ArraySlice<(log: LogKey, session: Session)> {
        if due.isEmpty { gather() }
        let taken = due.suffix(Self.atOnce)
        due.removeLast(taken.count)
        return taken
    }

    /// Takes all, however many.
    mutating func takeAll() -> [(log: LogKey, session: Session)] {
        gather()
        defer { due = [] }
        return due
    }

    private mutating func gather() {
        guard since != nil else { return }
        for session in sessions.values { for log in session.lookedPast.keys { due.append((log, session)) } }
        due.sort { $0.log > $1.log }
        sessions = [:]
        since = nil
    }
}

extension Engine {
    /// A session looks past a message that needs no delivery: with its newest open tag, or late.
    func pass(_ row: MessageRow, _ session: Session) {
        guard !session.passes(row.log, row.mark) else { return }
        session.looksPast(row.log, row.mark)
        lateCursors.note(session, after: committedAt)
    }

    var hasLateCursorsDue: Bool { lateCursors.dueAt.map { $0 <= monotonicNanoseconds() } ?? false }

    /// With the batch at hand, those whose time has come.
    func moveLateCursors() throws {
        guard hasLateCursorsDue else { return }
        for (log, session) in lateCursors.take() { try moveLateCursor(session, log) }
    }

    func moveAllLateCursors() throws {
        for (log, session) in lateCursors.takeAll() { try moveLateCursor(session, log) }
    }

    /// Those of a device whose session ends, or of which it is asked what it is owed: own messages must not count.
    func moveLateCursors(of device: DeviceKey) throws {
        guard let session = sessionOfDevice[device] else { return }
        for log in session.lookedPast.keys.sorted() { try moveLateCursor(session, log) }
    }

    /// Those of a log, before it is told who is too far behind in it.
    func moveLateCursors(in log: LogKey) throws {
        for session in followers[log, default: []] { try moveLateCursor(session, log) }
    }

    private func moveLateCursor(_ session: Session, _ log: LogKey) throws {
        guard let mark = session.takeLookedPast(log) else { return }
        try moveCursor(session, log, to: mark)
    }
}
