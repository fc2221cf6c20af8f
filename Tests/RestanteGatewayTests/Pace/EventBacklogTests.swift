import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// Events of commits wait in their order, and a message for many is told one reader at a time.
struct EventBacklogTests {
    @Test func everyEventOnceInOrder() {
        var backlog = EventBacklog()
        let (a, b, c) = (SessionID(1), SessionID(2), SessionID(3))
        backlog.append([
            .session(a, .behind), .live(.test(), [LiveReader(session: b, tag: 7), LiveReader(session: a, tag: 8)]),
            .live(.test(), []), .relay(.test(), [c, a]), .live(.test(), [LiveReader(session: c, tag: 9)]),
            .relay(.test(), [b]),
        ])
        backlog.append([.session(c, .drained)])
        var told: [String] = []
        while let (session, event) = backlog.next() {
            switch event {
            case .behind: told.append("behind \(session)")
            case .live(_, let tag): told.append("live \(session) \(tag)")
            case .shared(_, let tag): told.append("shared \(session) \(tag)")
            case .relayed: told.append("relayed \(session)")
            case .drained: told.append("drained \(session)")
            default: Issue.record("\(event)")
            }
        }
        #expect(
            told == [
                "behind 1", "shared 2 7", "shared 1 8", "shared 3 0", "shared 1 0", "live 3 9", "relayed 2",
                "drained 3",
            ])
        #expect(backlog.isEmpty)
    }

    /// A ``SharedMessage`` encodes its message when it is made and never again: one of them is one encoding.
    @Test func aMessageForManyIsEncodedOnce() {
        var backlog = EventBacklog()
        let readers = (1...100).map { LiveReader(session: SessionID($0), tag: 1000 + $0) }
        backlog.append([.live(.test(), readers), .live(.test(), readers)])
        var told: [(shared: SharedMessage, reader: LiveReader)] = []
        while let (session, event) = backlog.next() {
            guard case .shared(let shared, let tag) = event else {
                Issue.record("\(event)")
                continue
            }
            told.append((shared, LiveReader(session: session, tag: tag)))
        }
        #expect(told.map(\.reader) == readers + readers)
        #expect(Set(told.map { ObjectIdentifier($0.shared) }).count == 2)
        #expect(told.prefix(100).allSatisfy { $0.shared === told[0].shared })
    }
}
