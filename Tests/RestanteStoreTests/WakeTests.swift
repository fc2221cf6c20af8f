import RestanteCore
import Testing

@testable import RestanteStore

/// Who is away is woken at least once when mail waits, and nobody else is.
@Suite(.timeLimit(.minutes(5))) final class WakeTests {
    private let box: WakeBox
    private let minute: Int64 = 60_000

    init() throws { box = try WakeBox() }

    @Test func mailForADeviceThatIsAwayWakesIt() throws {
        try box.away("bob/phone")
        try box.send(to: "bob")
        let wakes = try box.store.wakes()
        #expect(wakes.map(\.device) == [address("bob/phone")])
        #expect(wakes.first?.target == WakeBox.target("bob/phone") && wakes.first?.urgency == .normal)
        #expect(wakes.first?.deadline == box.clock.now + 24 * 60 * minute)
        // It is being asked for: once is enough.
        try box.send(to: "bob")
        #expect(try box.store.wakes().isEmpty)
    }

    @Test func normalMailWakesEveryTwentyMinutesAtMost() throws {
        try box.away("bob/phone")
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent)
        box.clock.advance(milliseconds: 19 * minute)
        try box.send(to: "bob")
        #expect(try box.store.wakes().isEmpty)
        box.clock.advance(milliseconds: minute)
        try box.answer(box.store.wakes(), .sent, expecting: 1)
        // It has been woken for all of it.
        box.clock.advance(milliseconds: 60 * minute)
        #expect(try box.store.wakes().isEmpty)
        try box.send(to: "bob")
        #expect(try box.store.wakes().count == 1)
    }

    @Test func urgentMailWakesAtOnce() throws {
        try box.away("bob/phone")
        try box.send(to: "bob")
        let first = try box.store.wakes()
        // The one that is on its way is replaced.
        try box.send(to: "bob", .urgent)
        #expect(try box.store.wakes().map(\.urgency) == [.urgent])
        try box.answer(first, .sent)
        try box.send(to: "bob")
        #expect(try box.store.wakes().isEmpty)
        // The answer to the one that is on its way may be older than this: another follows it, though not at once.
        for _ in 1...2 {
            try box.send(to: "bob", .urgent)
            #expect(try box.store.wakes().isEmpty)
        }
        box.clock.advance(milliseconds: 10_000)
        let last = try box.store.wakes()
        #expect(last.map(\.urgency) == [.urgent])
        try box.answer(last, .sent)
        try box.send(to: "bob", .urgent)
        box.clock.advance(milliseconds: 10_000)
        #expect(try box.store.wakes().map(\.urgency) == [.urgent])
    }

    /// Those of a group are one job, whoever is woken for mail of his own is another.
    @Test func aJobIsTheMailOfOneGroup() throws {
        for name in ["bob", "carol", "dave", "erin"] { try box.away("\(name)/phone") }
        try box.ask(.createGroup(group("talk"), members: ["bob", "carol"].map(user)))
        for name in ["dave", "erin"] { try box.send(to: name) }
        try box.send(to: .group(group("talk")))
        let jobs = Dictionary(uniqueKeysWithValues: try box.store.wakes().map { ($0.device.user.rawValue, $0.job) })
        #expect(jobs["bob"] == jobs["carol"])
        #expect(Set(jobs.values).count == 3)
    }

    /// It was woken, came, and was cut off by the end of the process without having read anything.
    @Test func whoWasConnectedAtAKillIsWokenAgain() throws {
        try box.away("bob/phone")
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent)
        box.clock.advance(milliseconds: 1)
        _ = try box.connect("bob/phone")
        try box.restart()
        box.clock.advance(milliseconds: minute)
        #expect(try box.store.wakes().count == 1)
    }

    /// The answer to the first question is older than the second one.
    @Test func anAnswerIsThatToItsQuestion() throws {
        try box.away("bob/phone")
        try box.send(to: "bob")
        let first = try box.store.wakes()
        box.clock.advance(milliseconds: 1)
        try box.send(to: "bob", .urgent)
        _ = try box.store.wakes()
        try box.answer(first, .sent)
        try box.restart()
        box.clock.advance(milliseconds: 21 * minute)
        #expect(try box.store.wakes().count == 1, "nobody has taken the urgent one")
    }

    @Test func whoIsThereIsNotWoken() throws {
        try box.away("bob/phone")
        let bob = try box.connect("bob/phone")
        try box.send(to: "bob")
        #expect(try box.store.wakes().isEmpty)
        box.clock.advance(milliseconds: 60 * minute)
        #expect(try box.store.wakes().isEmpty)
        // It leaves with it unacknowledged, and does not come back for a minute.
        try box.run([.release(bob)])
        box.clock.advance(milliseconds: minute - 1)
        #expect(try box.store.wakes().isEmpty)
        box.clock.advance(milliseconds: 1)
        #expect(try box.store.wakes().count == 1)
    }

    @Test func connectingCancels() throws {
        try box.away("bob/phone")
        try box.send(to: "bob")
        let wakes = try box.store.wakes()
        let bob = try box.connect("bob/phone")
        // An answer that comes late changes nothing.
        try box.answer(wakes, .sent)
        try box.run([.acknowledge(bob, through: 1), .release(bob)])
        box.clock.advance(milliseconds: 60 * minute)
        #expect(try box.store.wakes().isEmpty)
        try box.send(to: "bob")
        #expect(try box.store.wakes().count == 1)
    }

    /// Who has been told that mail waits, and went away without it, is told again.
    @Test func aConnectionThatBroughtNothingIsFollowedByAWake() throws {
        try box.away("bob/phone")
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent)
        let bob = try box.connect("bob/phone")
        try box.run([.release(bob)])
        box.clock.advance(milliseconds: minute)
        #expect(try box.store.wakes().count == 1)
    }

    /// A group that was woken moments ago costs a message nothing: nothing is looked up, and nothing written.
    @Test func aGroupThatWasJustWokenCostsNothing() throws {
        let members = (1...300).map { "user\($0)/phone" }
        for member in members { try box.away(member) }
        try box.ask(.createGroup(group("talk"), members: members.map { address($0).user }))
        #expect(try box.store.wakes().isEmpty)
        try box.send(to: .group(group("talk")))
        try box.answer(box.store.wakes(), .sent, expecting: 300)
        let marks = try box.rows("SELECT device_id, woken_through, woken_at FROM push_targets")
        for _ in 1...10 { try box.send(to: .group(group("talk"))) }
        #expect(!box.store.areWakesDue)
        #expect(try box.rows("SELECT device_id, woken_through, woken_at FROM push_targets") == marks)
        // One that has been there since is away again, with nothing unread: it hears of the next.
        let one = try box.connect("user7/phone")
        try box.run([.acknowledge(one, through: 12), .release(one)])
        try box.send(to: .group(group("talk")))
        #expect(try box.store.wakes().map(\.device) == [address("user7/phone")])
    }

    @Test func whatEveryoneIsToldOfWakesNobody() throws {
        try box.away("bob/phone")
        try box.ask(.createGroup(group("talk"), members: [user("bob")]))
        box.clock.advance(milliseconds: 60 * minute)
        #expect(try box.store.wakes().isEmpty)
        try box.send(to: .group(group("talk")))
        #expect(try box.store.wakes().count == 1)
    }

    @Test func whatWasWithdrawnWakesNobodyAndTheNextDoes() throws {
        try box.away("bob/phone")
        let id = try box.send(to: "bob")
        try box.ask(.cancel(id))
        #expect(try box.store.wakes().isEmpty)
        try box.send(to: "bob")
        #expect(try box.store.wakes().count == 1)
    }

    @Test func whatNoProviderTookIsAskedForAgainWithTheNextMail() throws {
        try box.away("bob/phone")
        for outcome in [WakeOutcome.expired, .expired] {
            try box.send(to: "bob")
            try box.answer(box.store.wakes(), outcome, expecting: 1)
        }
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .refused(reason: "bad topic"), expecting: 1)
        try box.send(to: "bob")
        #expect(try box.store.wakes().isEmpty)
        box.clock.advance(milliseconds: 20 * minute)
        #expect(try box.store.wakes().count == 1)
    }

    /// What was not answered is asked for again, a minute after the start; what was is not.
    @Test func aKillLosesNoWake() throws {
        for name in ["bob", "carol", "dave"] { try box.away("\(name)/phone") }
        box.clock.advance(milliseconds: 1)
        for name in ["bob", "carol"] { try box.send(to: name) }
        let wakes = try box.store.wakes()
        try box.answer(wakes.filter { $0.device.user == user("bob") }, .sent)
        try box.restart()
        #expect(try box.store.wakes().isEmpty)
        box.clock.advance(milliseconds: minute)
        #expect(try box.store.wakes().map(\.device) == [address("carol/phone")])
        // Bob's mail that came after he was woken is due when his time is over.
        try box.send(to: "bob")
        try box.restart()
        box.clock.advance(milliseconds: 18 * minute)
        #expect(try box.store.wakes().map(\.device) == [address("carol/phone")])
        box.clock.advance(milliseconds: minute)
        #expect(try box.store.wakes().map(\.device) == [address("bob/phone")])
    }

    @Test func aClockThatIsSetDoesNotKeepAnybodyAsleep() throws {
        try box.away("bob/phone")
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent)
        try box.send(to: "bob")
        // Within what the store's clock follows.
        box.clock.step(milliseconds: -10 * 60 * minute)
        box.clock.advance(milliseconds: 60 * minute)
        try box.run([])
        #expect(try box.store.wakes().count == 1)
    }
}
