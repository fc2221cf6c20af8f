import RestanteCore
import Testing

@testable import restante_bench

@Suite struct MailLedgerTests {
    private var ids = LoadIDs()
    private var ledger = MailLedger(senders: 2, recipients: 3)

    /// Accepts the first so many messages of a sender, and returns them with their mailboxes.
    private mutating func accept(_ count: Int, from sender: Int = 0) -> [(id: MessageID, mailbox: Int)] {
        (0..<count).map { number in
            ledger.accept(sender: sender, number: number)
            return (ids.next(sender: sender, number: number), ledger.recipient(sender: sender, number: number))
        }
    }

    private func passes(sent: Int, delivered: Bool = true) -> Bool {
        (try? ledger.counts.check(sent: sent, delivered: delivered)) != nil
    }

    @Test mutating func whatComesOnceAndInOrderPasses() {
        for sender in 0..<2 {
            for (id, mailbox) in accept(100, from: sender) { ledger.deliver(id, to: mailbox) }
        }
        #expect(passes(sent: 200))
        #expect(!passes(sent: 201), "one was not accepted")
    }

    @Test mutating func whatDoesNotComeIsOwed() {
        for (id, mailbox) in accept(100).dropLast() { ledger.deliver(id, to: mailbox) }
        #expect(ledger.owing == 1 && !passes(sent: 100))
        #expect(passes(sent: 100, delivered: false), "nobody has called for it yet")
    }

    @Test mutating func anotherThatComesTwiceDoesNotMakeUpForIt() {
        let all = accept(100)
        for (id, mailbox) in all.dropLast() { ledger.deliver(id, to: mailbox) }
        ledger.deliver(all[0].id, to: all[0].mailbox)
        #expect(ledger.delivered == 100 && ledger.disordered == 1 && !passes(sent: 100))
    }

    @Test mutating func orderIsKeptWithinAMailbox() throws {
        let all = accept(100)
        let first = try #require(all.indices.first { all[$0].mailbox == all[0].mailbox && $0 > 0 })
        ledger.deliver(all[first].id, to: all[first].mailbox)
        ledger.deliver(all[0].id, to: all[0].mailbox)
        #expect(ledger.disordered == 1 && !passes(sent: 100))
    }

    @Test mutating func whatComesToAnotherIsAstray() {
        for (id, mailbox) in accept(100) { ledger.deliver(id, to: (mailbox + 1) % 3) }
        #expect(ledger.astray == 100 && ledger.owing == 100 && !passes(sent: 100))
    }

    @Test mutating func whatTheServerMakesItselfIsPassedOver() {
        ledger.deliver(MessageID(high: 0x7000, low: 1 << 63), to: 0)
        #expect(ledger.delivered == 0 && ledger.astray == 0)
    }

    @Test mutating func aMessageToAGroupIsOwedToAll() {
        ledger = MailLedger(senders: 2, recipients: 3, isShared: true)
        let all = accept(10, from: 1)
        for mailbox in 0..<3 { for (id, _) in all { ledger.deliver(id, to: mailbox) } }
        #expect(ledger.due == 30 && passes(sent: 10))
        ledger.accept(sender: 1, number: 10)
        #expect(ledger.owing == 3 && !passes(sent: 11))
    }

    @Test mutating func idsAreThoseOfVersion7AndTellTheirOrigin() throws {
        let id = ids.next(sender: 65_535, number: 4_294_967_295)
        #expect(id.isVersion7)
        let origin = try #require(LoadIDs.origin(of: id))
        #expect(origin == (65_535, 4_294_967_295))
        #expect(id.milliseconds > 1_700_000_000_000)
    }

    @Test func mailIsSpreadEvenly() {
        let ledger = MailLedger(senders: 20, recipients: 100)
        var counts = [Int](repeating: 0, count: 100)
        for sender in 0..<20 {
            for number in 0..<5000 { counts[ledger.recipient(sender: sender, number: number)] += 1 }
        }
        #expect(counts.allSatisfy { (800...1200).contains($0) })
    }
}
