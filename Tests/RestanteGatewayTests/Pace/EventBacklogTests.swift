import RestanteCore
import Testing

@testable import RestanteGateway

/// Events of commits wait in their order, and a message for many is told one reader at a time.
struct EventBacklogTests {
    @Test func everyEventOnceInOrder() {
        var backlog = EventBacklog()
        let (a, b, c) = (SessionID(1), SessionID(2), SessionID(3))
        backlog.append([
            .session(a, .behind), .live(.test(), [LiveReader(session: b, tag: 7), LiveReader(session: a, tag: 8)]),
            .live(.test(), []), .relay(.test(), [c, a]),
        ])
        backlog.append([.session(c, .drained)])
        var told: [String] = []
        while let (session, event) = backlog.next() {
            switch event {
            case .behind: told.append("behind \(session)")
            case .live(_, let tag): told.append("live \(session) \(tag)")
            case .relayed: told.append("relayed \(session)")
            case .drained: told.append("drained \(session)")
            default: Issue.record("\(event)")
            }
        }
        #expect(told == ["behind 1", "live 2 7", "live 1 8", "relayed 3", "relayed 1", "drained 3"])
        #expect(backlog.isEmpty)
    }
}
