import RestanteCore
import Testing

@testable import restante_bench

/// One client of a storm, with a ledger of its own: what happens to it is told as it would be by its connection.
private struct Client {
    let ledger = StormLedger(recipients: 1)
    private var mailbox = StormMailbox()
    private var session: UInt32 = 1
    private var tag: UInt64 = 0

    /// Sends one, which is accepted.
    func sent() -> MessageID {
        let id = ledger.send(to: 0)
        ledger.accept(id)
        return id
    }

    mutating func delivered(_ id: MessageID) {
        tag += 1
        ledger.deliver(id, to: 0, session: session)
        mailbox.delivered(id, tag: tag)
    }

    mutating func acked(through: UInt64) { for id in mailbox.acked(through: through) { ledger.forget(id) } }

    mutating func drained() { for id in mailbox.drained() { ledger.settle(id) } }

    mutating func reconnected(acknowledged: UInt64) {
        mailbox.disconnected(acknowledged: acknowledged)
        session += 1
        tag = 0
    }
}

@Suite struct StormLedgerTests {
    private var client = Client()
    private var ledger: StormLedger { client.ledger }

    @Test func anAcceptedMessageThatNeverComesIsLost() {
        _ = client.sent()
        #expect(ledger.lost == 1 && ledger.owed == 1)
    }

    @Test mutating func drainingDoesNotExcuseWhatWasNeverDelivered() {
        let id = client.sent()
        _ = client.sent()
        client.delivered(id)
        client.reconnected(acknowledged: 1)
        client.drained()
        #expect(ledger.lost == 1 && ledger.owed == 1 && ledger.settled == 1)
    }

    @Test mutating func whatWasNotAcknowledgedMustComeAgain() {
        let id = client.sent()
        client.delivered(id)
        client.reconnected(acknowledged: 0)
        client.drained()
        #expect(ledger.owed == 1 && ledger.settled == 0, "a server that forgot it must be found")
    }

    @Test mutating func anAcknowledgementWhoseConfirmationWasLostSettles() {
        let ids = (0..<3).map { _ in client.sent() }
        for id in ids { client.delivered(id) }
        client.acked(through: 1)
        client.reconnected(acknowledged: 3)
        #expect(ledger.owed == 2, "nothing is known before `drained`")
        client.drained()
        #expect(ledger.owed == 0 && ledger.settled == 2 && ledger.lost == 0)
    }

    @Test mutating func itSettlesOnALaterConnectionIfTheNextEndsEarly() {
        client.delivered(client.sent())
        client.reconnected(acknowledged: 1)
        client.reconnected(acknowledged: 0)
        client.drained()
        #expect(ledger.owed == 0)
    }

    @Test mutating func anAcknowledgementThatWasLostWithTheServerIsOwedUntilItsRepeat() {
        let id = client.sent()
        client.delivered(id)
        client.reconnected(acknowledged: 1)
        client.delivered(id)
        client.drained()
        #expect(ledger.owed == 1 && ledger.cameBack == 0)
        client.acked(through: 1)
        #expect(ledger.owed == 0 && ledger.twice == 0)
    }

    @Test mutating func whatComesAfterAllIsOwedAgain() {
        let id = client.sent()
        client.delivered(id)
        client.reconnected(acknowledged: 1)
        client.drained()
        client.reconnected(acknowledged: 0)
        client.delivered(id)
        #expect(ledger.owed == 1 && ledger.cameBack == 0, "only `acked` promises that it never comes again")
    }

    @Test mutating func onlyWhatAckedConfirmedCountsAsComeBack() {
        let id = client.sent()
        client.delivered(id)
        client.acked(through: 1)
        client.reconnected(acknowledged: 1)
        client.delivered(id)
        #expect(ledger.cameBack == 1)
    }

    @Test mutating func aMessageMayBeSettledBeforeItsSenderHearsOfIt() {
        let id = ledger.send(to: 0)
        client.delivered(id)
        client.reconnected(acknowledged: 1)
        client.drained()
        ledger.accept(id)
        #expect(ledger.accepted == 1 && ledger.owed == 0 && ledger.lost == 0)
    }
}
