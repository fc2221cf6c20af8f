import RestanteCore
import Testing

@testable import RestanteStore

/// Which mail a device is woken for, whatever else happens in the logs that it reads.
@Suite(.timeLimit(.minutes(5))) final class WakeMailTests {
    private let box: WakeBox
    private let minute: Int64 = 60_000
    private let talk = group("talk")

    init() throws { box = try WakeBox() }

    /// Bob and Carol are away, and members.
    private func makeGroup() throws {
        for name in ["bob", "carol"] { try box.away("\(name)/phone") }
        try box.ask(.createGroup(talk, members: ["bob", "carol"].map(user)))
    }

    private func woken() throws -> [String] { try box.store.wakes().map { "\($0.device)" }.sorted() }

    @Test func whoIsBeingAskedForIsNotAskedForAgainForAnotherLog() throws {
        try makeGroup()
        try box.send(to: "bob")
        #expect(try woken() == ["bob/phone"])
        try box.send(to: .group(talk))
        #expect(try woken() == ["carol/phone"])
    }

    /// What a device has sent to its own user is none of its mail, and all of that of the user's others.
    @Test func nobodyIsWokenForItsOwnMail() throws {
        for name in ["phone", "tablet"] { try box.away("bob/\(name)") }
        let bob = try box.connect("bob/phone")
        let own = Submission(id: MessageID(at: box.clock.now), to: .user(user("bob")), content: .payload([1]))
        try box.run([.send(own, from: .session(bob))])
        try box.run([.release(bob)])
        box.clock.advance(milliseconds: minute)
        #expect(try woken() == ["bob/tablet"])
    }

    /// More than a look goes through, all withdrawn but the last.
    @Test func mailBehindManyThatWereWithdrawnWakes() throws {
        try box.away("bob/phone")
        let ids = try (1...64).map { _ in try box.send(to: "bob") }
        for id in ids { try box.ask(.cancel(id)) }
        try box.send(to: "bob")
        #expect(try woken() == ["bob/phone"])
    }

    /// The first mail in a log that is quiet, for somebody who reads it since a moment ago.
    @Test func aNewMemberThatIsAwayHearsOfTheNext() throws {
        try makeGroup()
        try box.away("dave/phone")
        try box.send(to: .group(talk))
        try box.answer(box.store.wakes(), .sent, expecting: 2)
        try box.ask(.addMembers(talk, [user("dave")]))
        try box.send(to: .group(talk))
        #expect(try woken() == ["dave/phone"])
    }

    /// What comes after it was removed is not its mail, and nobody looks at it for that.
    @Test func whoWasRemovedIsNotWokenForWhatComesThen() throws {
        try makeGroup()
        try box.send(to: .group(talk))
        try box.answer(box.store.wakes(), .sent, expecting: 2)
        try box.ask(.removeMembers(talk, [user("bob")]))
        try box.send(to: .group(talk))
        box.clock.advance(milliseconds: 20 * minute)
        let wakes = try box.store.wakes()
        #expect(wakes.map(\.device) == [address("carol/phone")])
        try box.answer(wakes, .sent)
        try box.send(to: .group(talk))
        #expect(try woken().isEmpty)
        try box.send(to: .group(talk))
        #expect(!box.store.areWakesDue)
    }

    /// It is removed before anybody was looked up for the last mail that it is owed.
    @Test func whoIsRemovedRightAfterMailIsWokenForIt() throws {
        try makeGroup()
        try box.send(to: .group(talk), .urgent)
        try box.ask(.removeMembers(talk, [user("bob")]))
        let wakes = try box.store.wakes()
        #expect(Set(wakes.map(\.device)) == [address("bob/phone"), address("carol/phone")])
        #expect(wakes.allSatisfy { $0.urgency == .urgent })
    }

    /// What each of the members has unread besides does not make them jobs of their own.
    @Test func aGroupsMailIsOneJobWhateverElseIsUnread() throws {
        try makeGroup()
        box.clock.advance(milliseconds: 1)
        for name in ["bob", "carol"] { try box.send(to: name) }
        try box.answer(box.store.wakes(), .refused(reason: "no"), expecting: 2)
        box.clock.advance(milliseconds: 21 * minute)
        #expect(try box.store.wakes().isEmpty)
        try box.send(to: .group(talk))
        let wakes = try box.store.wakes()
        #expect(wakes.count == 2 && Set(wakes.map(\.job)).count == 1)
    }

    /// The urgent one among what a device has left unread is what it is woken for.
    @Test func urgentMailThatIsLeftUnreadStaysUrgent() throws {
        try box.away("bob/phone")
        let bob = try box.connect("bob/phone")
        for urgency in [Urgency.normal, .urgent, .normal] { try box.send(to: "bob", urgency) }
        #expect(try box.store.wakes().isEmpty)
        try box.run([.release(bob)])
        box.clock.advance(milliseconds: minute)
        #expect(try box.store.wakes().map(\.urgency) == [.urgent])
    }

    /// However many they are.
    @Test func nobodyIsWokenForManyThatWereWithdrawn() throws {
        try box.away("bob/phone")
        let ids = try (1...200).map { _ in try box.send(to: "bob") }
        for id in ids { try box.ask(.cancel(id)) }
        #expect(try box.store.wakes().isEmpty)
    }

    /// Who cannot be woken does not make others be looked at.
    @Test func whoCannotBeWokenLeavesLogsQuiet() throws {
        try box.away("bob/phone")
        let erin = try box.connect("erin/phone")
        try box.ask(.createGroup(talk, members: ["bob", "erin"].map(user)))
        #expect(try box.store.wakes().isEmpty)
        try box.send(to: .group(talk))
        try box.answer(box.store.wakes(), .sent, expecting: 1)
        try box.run([.release(erin)])
        try box.send(to: .group(talk))
        #expect(!box.store.areWakesDue)
    }

    /// Nobody is woken again for what it was woken for, because of mail that was withdrawn.
    @Test func whatWasWithdrawnDoesNotRecallOldMail() throws {
        try makeGroup()
        box.clock.advance(milliseconds: 1)
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent, expecting: 1)
        box.clock.advance(milliseconds: 21 * minute)
        #expect(try box.store.wakes().isEmpty)
        try box.ask(.cancel(box.send(to: "bob")))
        #expect(try box.store.wakes().isEmpty)
    }

    /// The same while the process before has just woken it.
    @Test func whoIsRemovedRightAfterAStartIsWokenInItsTime() throws {
        try makeGroup()
        box.clock.advance(milliseconds: 1)
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent, expecting: 1)
        try box.restart()
        try box.send(to: .group(talk))
        try box.ask(.removeMembers(talk, [user("bob")]))
        #expect(try woken().isEmpty)
        box.clock.advance(milliseconds: minute)
        #expect(try woken() == ["carol/phone"])
        box.clock.advance(milliseconds: 19 * minute)
        #expect(try woken() == ["bob/phone"])
    }

    @Test(arguments: [
        PushTarget.apns(token: "token", topic: "topic", sandbox: true), .fcm(token: "token", app: "app"),
        .webPush(endpoint: "https://push.example/1", key: [UInt8](repeating: 4, count: 65), secret: [UInt8](1...16)),
    ])
    func aTargetComesBackAsItWasGiven(_ target: PushTarget) throws {
        let box = try WakeBox { $0.providers = [.apns, .fcm, .webPush] }
        let bob = try box.connect("bob/phone")
        try box.ask(.registerPush(target, PushDisplay()), from: bob)
        try box.run([.release(bob)])
        try box.send(to: "bob")
        #expect(try box.store.wakes().map(\.target) == [target])
    }

    /// `restante push test`: whatever waits, urgently, with what the app wants shown.
    @Test func anOperatorMayTryIt() throws {
        try box.away("bob/phone", showing: PushDisplay(placeholder: "News"))
        guard case .wake(let wake) = try box.ask(.wake(of: address("bob/phone")), from: nil) else {
            Issue.record("there is no wake-up")
            return
        }
        #expect(wake.target == WakeBox.target("bob/phone") && wake.text == "News" && wake.urgency == .urgent)
        #expect(wake.deadline == box.clock.now + 24 * 60 * minute)
        #expect(throws: Refusal.noSuchDevice) { try box.ask(.wake(of: address("bob/tablet")), from: nil) }
        _ = try box.connect("carol/phone")
        #expect(throws: Refusal.self) { try box.ask(.wake(of: address("carol/phone")), from: nil) }
    }
}
