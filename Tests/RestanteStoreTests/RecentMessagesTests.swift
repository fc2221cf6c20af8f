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

    /// P7 is about the file; the process keeps nothing for longer either.
    @Test func whatIsSweptIsForgotten() async throws {
        let box = try Postbox()
        try await box.register(["bob/phone", "bob/tablet"])
        let alice = try await box.claim(["alice/laptop"])[0]
        try await box.send([1, 2, 3], to: .user(user("bob")), from: alice)
        let readers = try await box.claim(["bob/phone", "bob/tablet"])
        try await box.drain(readers[0])
        let events = try await box.perform([.read(readers[1])])
        // Not swept before this one has it, too.
        let before = try await box.store.ask { $0.recent.bytes }
        for case .page(_, let page, _) in events {
            try await box.perform([.acknowledge(readers[1], through: page.last?.tag ?? 0)])
        }
        try await box.store.forgetAcknowledged()
        let after = try await box.store.ask { $0.recent.bytes }
        #expect(before > 0 && after == 0)
        await box.shutdown()
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
