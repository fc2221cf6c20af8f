import RestanteCore
import Testing

@testable import RestanteStore

/// What an answer to a wake-up changes, and what it does not.
@Suite(.timeLimit(.minutes(5))) final class WakeAnswerTests {
    private static let outcomes: [WakeOutcome] = [.sent, .refused(reason: "no"), .expired]
    private let box: WakeBox
    private let minute: Int64 = 60_000

    init() throws {
        box = try WakeBox()
        try box.away("bob/phone")
        box.clock.advance(milliseconds: 1)
    }

    /// Urgent mail has come since the first was asked for.
    private func askTwice() throws -> (first: [Wake], second: [Wake]) {
        try box.send(to: "bob")
        let first = try box.store.wakes()
        try box.send(to: "bob", .urgent)
        let second = try box.store.wakes()
        #expect(first.count == 1 && second.count == 1)
        return (first, second)
    }

    /// Whatever became of the first question: it is the second that tells of all the mail.
    @Test(arguments: outcomes) func theSecondAnswerIsWaitedFor(_ outcome: WakeOutcome) throws {
        let (first, second) = try askTwice()
        try box.answer(first, outcome)
        #expect(try box.store.wakes().isEmpty)
        try box.answer(second, .sent)
        box.clock.advance(milliseconds: 20 * minute)
        #expect(try box.store.wakes().isEmpty)
        try box.restart()
        box.clock.advance(milliseconds: minute)
        #expect(try box.store.wakes().isEmpty)
    }

    /// The device was woken all the same.
    @Test func theFirstAnswerIsNotedToo() throws {
        let (first, _) = try askTwice()
        try box.answer(first, .sent)
        #expect(try box.rows("SELECT woken_through > 0 FROM push_targets") == ["1"])
        // The urgent mail, for which nobody has woken it, is urgent to the next process, too.
        try box.restart()
        box.clock.advance(milliseconds: minute)
        #expect(try box.store.wakes().map(\.urgency) == [.urgent])
    }

    @Test(arguments: outcomes) func whoCameAndLeftIsWokenWhateverIsAnswered(_ outcome: WakeOutcome) throws {
        try box.send(to: "bob")
        let wakes = try box.store.wakes()
        let bob = try box.connect("bob/phone")
        try box.run([.release(bob)])
        try box.answer(wakes, outcome)
        #expect(try box.store.wakes().isEmpty)
        box.clock.advance(milliseconds: minute)
        #expect(try box.store.wakes().count == 1)
    }

    /// It came before the answer did, and was cut off by a kill.
    @Test func whoCameAndWasCutOffIsWoken() throws {
        try box.send(to: "bob")
        let wakes = try box.store.wakes()
        _ = try box.connect("bob/phone")
        box.clock.advance(milliseconds: 1)
        try box.answer(wakes, .sent)
        #expect(try box.rows("SELECT woken_through FROM push_targets") == ["0"])
    }

    /// The device has registered anew: what an earlier target took does not count.
    @Test func aMarkIsOfItsTarget() throws {
        try box.send(to: "bob")
        let first = try box.store.wakes()
        try box.away("bob/phone")
        try box.send(to: "bob", .urgent)
        #expect(try box.store.wakes().count == 1)
        try box.answer(first, .sent)
        #expect(try box.rows("SELECT woken_through, woken_at FROM push_targets") == ["0 0"])
    }

    /// A provider had a day for it: for the same mail there is no second one.
    @Test func whatExpiredIsNotAskedForAgainForTheSameMail() throws {
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .expired, expecting: 1)
        try box.ask(.cancel(box.send(to: "bob", .urgent)))
        #expect(try box.store.wakes().isEmpty)
        try box.send(to: "bob")
        #expect(try box.store.wakes().count == 1)
    }

    @Test func urgentMailThatWasWithdrawnWakesNobodyForOldMail() throws {
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent, expecting: 1)
        try box.ask(.cancel(box.send(to: "bob", .urgent)))
        #expect(try box.store.wakes().isEmpty)
    }

    // MARK: Counts

    private func came() -> Int { box.store.takeCounts().wokenAndCame[.apns] ?? 0 }

    @Test(arguments: [(60_000, 1), (60_001, 0)]) func whoComesWithinTheMinuteIsCounted(_ after: Int64, _ isCounted: Int)
        throws
    {
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent)
        #expect(came() == 0)
        box.clock.advance(milliseconds: after)
        _ = try box.connect("bob/phone")
        #expect(came() == isCounted)
    }

    @Test func whoIsFasterThanTheAnswerIsCounted() throws {
        try box.send(to: "bob")
        let wakes = try box.store.wakes()
        let bob = try box.connect("bob/phone")
        #expect(came() == 0)
        try box.answer(wakes, .sent)
        #expect(came() == 1)
        try box.run([.release(bob)])
        try box.answer(wakes, .sent)
        #expect(came() == 0)
    }

    /// It comes by itself.
    @Test(arguments: [WakeOutcome.refused(reason: "no"), .expired]) func whoWasNotWokenIsNotCounted(
        _ outcome: WakeOutcome
    ) throws {
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), outcome)
        _ = try box.connect("bob/phone")
        #expect(came() == 0)
    }

    /// The next process has it from the mark, once it looks at the device.
    @Test(arguments: [false, true]) func itIsCountedForTheProviderThatWokeIt(_ restarts: Bool) throws {
        let box = try WakeBox { $0.providers = [.apns, .fcm] }
        let carol = try box.connect("carol/phone")
        try box.ask(.registerPush(.fcm(token: "t", app: "app"), PushDisplay()), from: carol)
        try box.run([.release(carol)])
        try box.send(to: "carol")
        box.clock.advance(milliseconds: 60_000)
        try box.answer(box.store.wakes(), .sent, expecting: 1)
        if restarts {
            try box.restart()
            try box.send(to: "carol")
            #expect(try box.store.wakes().isEmpty)
        }
        _ = try box.connect("carol/phone")
        #expect(box.store.takeCounts().wokenAndCame == [.fcm: 1])
    }

    /// More mail has come meanwhile, for which it is about to be woken once more.
    @Test func urgentMailThatFollowsTakesNothingFromTheCount() throws {
        try box.send(to: "bob", .urgent)
        try box.answer(box.store.wakes(), .sent, expecting: 1)
        box.clock.advance(milliseconds: 2000)
        try box.send(to: "bob", .urgent)
        #expect(try box.store.wakes().isEmpty)
        _ = try box.connect("bob/phone")
        #expect(came() == 1)
    }

    /// Those who never come take no memory for long.
    @Test func whoWasWokenLongAgoIsForgotten() {
        var recent = RecentWakes()
        for device in 0..<100 as Range<Int64> { recent.note(device, by: .apns, at: 50_000) }
        recent.note(100, by: .fcm, at: 110_001)
        #expect(recent.take(0, at: 110_000) == .apns)
        #expect(recent.take(0, at: 110_000) == nil)
        #expect(recent.take(1, at: 110_001) == nil)
        recent.note(101, by: .fcm, at: 170_002)
        #expect(recent.count == 2)
        #expect(recent.take(100, at: 170_002) == nil && recent.take(101, at: 170_002) == .fcm)
    }
}
