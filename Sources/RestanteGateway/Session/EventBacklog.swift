import DequeModule
import RestanteCore
import RestanteWire

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
    /// The message that was taken last and has not been told to all of its readers.
    private var current: (message: SharedMessage, readers: [LiveReader])?
    /// Those who have been told.
    private var told = 0

    var isEmpty: Bool { current == nil && events.isEmpty }

    mutating func append(_ more: [LoopEvent]) { events.append(contentsOf: more) }

    /// The next event for one session, with the session.
    mutating func next() -> (SessionID, SessionEvent)? {
        if current != nil { return nextReader() }
        while let first = events.popFirst() {
            switch first {
            case .session(let id, let event): return (id, event)
            case .live(let message, let readers):
                if readers.count == 1 { return (readers[0].session, .live(message, tag: readers[0].tag)) }
                begin(message, readers)
            case .relay(let message, let sessions):
                if sessions.count == 1 { return (sessions[0], .relayed(message)) }
                begin(message, sessions.map { LiveReader(session: $0, tag: 0) })
            }
            if current != nil { return nextReader() }
        }
        return nil
    }

    /// A message for many is encoded here, once.
    private mutating func begin(_ message: Message, _ readers: [LiveReader]) {
        guard !readers.isEmpty else { return }
        current = (SharedMessage(message), readers)
        told = 0
    }

    private mutating func nextReader() -> (SessionID, SessionEvent)? {
        guard let (message, readers) = current else { return nil }
        let reader = readers[told]
        told += 1
        if told == readers.count { current = nil }
        return (reader.session, .shared(message, tag: reader.tag))
    }
}
