import RestanteCore

/// When a session asks the store for its next page: the log is the queue, nothing is buffered for a slow reader.
///
/// At most one page is asked for at a time, and when it is the session's turn (``DrainTurns``). A session that is behind asks when its window has room and its socket
/// takes bytes; a session whose socket is full tells the store to pause.
struct ReadFlow {
    /// What to tell the store now, if anything.
    enum Step: Equatable {
        /// Ask for a turn to read: ``ReadFlow/turnCame()`` follows, now or later.
        case askTurn
        case read
        case pause
    }

    private enum Reading {
        /// Not asked yet, or there is more and it is our turn to ask.
        case behind
        /// For a turn.
        case waiting
        case asked
        case live
    }

    private var reading = Reading.behind
    private var writable = true
    /// The store was told to pause after the page that is on its way was asked for.
    private var pausedSince = false
    /// The last page brought nothing into a window that is not empty: asking again before an acknowledgement would
    /// bring nothing again.
    private var starved = false

    /// It is the session's turn to read. Nil: it has no use for it now.
    mutating func turnCame() -> Step? {
        guard reading == .waiting else { return nil }
        reading = .asked
        return .read
    }

    mutating func start() -> Step? { next(room: true) }

    mutating func page(isEmpty: Bool, more: Bool, window: SessionWindow) -> Step? {
        reading = more || pausedSince ? .behind : .live
        // Of a session that was paused meanwhile there is more for that reason alone.
        starved = more && isEmpty && window.count > 0 && !pausedSince
        pausedSince = false
        return next(room: window.hasRoom)
    }

    mutating func behind(window: SessionWindow) -> Step? {
        // With a page on its way the store has gone past this already.
        guard reading == .live else { return nil }
        reading = .behind
        return next(room: window.hasRoom)
    }

    mutating func acknowledged(window: SessionWindow) -> Step? {
        starved = false
        return next(room: window.hasRoom)
    }

    mutating func writable(_ now: Bool, window: SessionWindow) -> Step? {
        guard now != writable else { return nil }
        writable = now
        if now { return next(room: window.hasRoom) }
        switch reading {
        case .behind: return nil
        case .waiting:
            // It asks again when the socket takes more; the store knows it as behind.
            reading = .behind
            return nil
        case .asked: pausedSince = true
        case .live: reading = .behind
        }
        return .pause
    }

    private mutating func next(room: Bool) -> Step? {
        guard reading == .behind, writable, room, !starved else { return nil }
        reading = .waiting
        return .askTurn
    }
}
