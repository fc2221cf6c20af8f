import RestanteCore
import Testing

@testable import RestanteStore

/// What is remembered of messages that several devices read.
@Suite struct RecentMessagesTests {
    private var recent = RecentMessages()

    @Test mutating func whatWasKeptIsFoundUntilItIsForgotten() {
        keep(7, payload: [1, 2])
        #expect(recent.find(7)?.message.payload == [1, 2] && recent.find(7)?.row.seq == 7)
        #expect(recent.find(8) == nil)
        recent.forget(7)
        #expect(recent.find(7) == nil && recent.bytes == 0)
    }

    /// Not for the one in whose place it would be.
    @Test mutating func oneThatIsFarAwayTakesItsPlace() {
        keep(7, payload: [1])
        let far = Position(7 + RecentMessages.places)
        #expect(recent.find(far) == nil)
        recent.forget(far)
        #expect(recent.find(7) != nil)
        keep(far, payload: [2])
        #expect(recent.find(7) == nil && recent.find(far)?.message.payload == [2])
    }

    @Test mutating func payloadsHaveABound() {
        let large = Payload(repeating: 1, count: 1 << 20)
        for seq in 1...100 { keep(Position(seq), payload: large) }
        #expect(recent.bytes == RecentMessages.mostBytes)
        // In the place of one of them there is room for another.
        keep(Position(1 + RecentMessages.places), payload: large)
        #expect(recent.find(Position(1 + RecentMessages.places)) != nil)
        #expect(recent.bytes == RecentMessages.mostBytes)
    }

    private mutating func keep(_ seq: Position, payload: Payload) {
        let row = MessageRow(
            seq: seq, log: 1, sender: 1, id: MessageID(high: 0, low: 0), acceptedAt: 0, expiresAt: 0, kind: .message,
            flags: [], logCount: 1, logBytes: 1, payload: payload)
        let message = Message(
            id: row.id, from: .service(ServiceName(unchecked: "s")), conversation: .user(user("a")), acceptedAt: 0,
            kind: .message, urgency: .normal, payload: payload)
        recent.keep(row, message)
    }
}
