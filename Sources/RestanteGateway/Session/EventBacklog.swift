import DequeModule
import RestanteCore

/// What a commit has to say to the sessions of one event loop.
enum LoopEvent: Sendable {
    case session(SessionID, SessionEvent)
    case live(Message, [LiveReader])
    case relay(Message, [SessionID])
}

/// Events of commits that an event loop has not come to, in order.
///
/// Taken one at a time, so that a commit with much to say does not keep the loop's other sockets waiting.
struct EventBacklog {
    private var events: Deque<LoopEvent> = []
    /// The readers of the first event that have been told already.
    private var told = 0

    var isEmpty: Bool { events.isEmpty }

    mutating func append(_ more: [LoopEvent]) { events.append(contentsOf: more) }

    /// The next event for one session, with the session.
    mutating func next() -> (SessionID, SessionEvent)? {
        while let first = events.first {
            switch first {
            case .session(let id, let event):
                events.removeFirst()
                return (id, event)
            case .live(let message, let readers):
                if let reader = nextReader(readers) { return (reader.session, .live(message, tag: reader.tag)) }
            case .relay(let message, let sessions):
                if let session = nextReader(sessions) { return (session, .relayed(message)) }
            }
        }
        return nil
    }

    private mutating func nextReader<Reader>(_ readers: [Reader]) -> Reader? {
        guard told < readers.count else {
            events.removeFirst()
            told = 0
            return nil
        }
        defer { told += 1 }
        return readers[told]
    }
}
