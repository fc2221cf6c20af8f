import DequeModule
import NIOCore
import RestanteCore

/// Whose turn it is to read a page from the store: as many sessions of one event loop at a time as there are turns, the
/// others first come, first served. On the loop.
///
/// A page is in memory from the store's reading it until its session has written it; after a restart all would have
/// one at a time. Sessions that have caught up need no turn: live messages do not wait behind anybody's drain.
struct DrainTurns {
    private let most: Int
    private var reading: Set<SessionID> = []
    private var waiting: Deque<SessionID> = []
    private var isWaiting: Set<SessionID> = []

    /// - Parameter most: turns at a time.
    init(_ most: Int) {
        self.most = max(most, 1)
    }

    /// True: it may read now. Otherwise its turn comes with ``next(_:)``.
    mutating func ask(_ session: SessionID, _ shortage: Shortage) -> Bool {
        if waiting.isEmpty, reading.count < turns(shortage) {
            reading.insert(session)
            return true
        }
        if isWaiting.insert(session).inserted { waiting.append(session) }
        return false
    }

    /// Its page has come, or it does not need one any more.
    mutating func isDone(_ session: SessionID) { reading.remove(session) }

    /// It has gone.
    mutating func leave(_ session: SessionID) {
        reading.remove(session)
        // Its place in the queue is passed over when it comes up.
        isWaiting.remove(session)
    }

    /// The next session whose turn it is.
    mutating func next(_ shortage: Shortage) -> SessionID? {
        while reading.count < turns(shortage), let session = waiting.popFirst() {
            guard isWaiting.remove(session) != nil else { continue }
            reading.insert(session)
            return session
        }
        return nil
    }

    var hasWaiting: Bool { !isWaiting.isEmpty }

    /// When memory is short, one at a time; when it is out, none: the log is the queue.
    private func turns(_ shortage: Shortage) -> Int {
        switch shortage {
        case .none: most
        case .some: 1
        case .most, .all: 0
        }
    }
}
