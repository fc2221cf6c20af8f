import RestanteCore
import Testing

@testable import RestanteStore

/// Where devices are woken, and what is shown there.
@Suite(.timeLimit(.minutes(5))) final class WakeTargetTests {
    private let box: WakeBox
    private let minute: Int64 = 60_000

    init() throws { box = try WakeBox() }

    /// The label is the sender's, the choice to show it the reader's; without one there is the reader's placeholder.
    @Test func whatIsShownIsTheAppsChoice() throws {
        try box.away("bob/phone", showing: PushDisplay(placeholder: "News", showsLabels: true))
        try box.away("bob/laptop", showing: PushDisplay(placeholder: "News"))
        try box.away("bob/tablet")
        try box.send(to: "bob", label: "Alice")
        let wakes = try box.store.wakes()
        #expect(
            Dictionary(uniqueKeysWithValues: wakes.map { ("\($0.device)", $0.text) })
                == ["bob/phone": "Alice", "bob/laptop": "News", "bob/tablet": nil])
        try box.answer(wakes, .sent)
        try box.send(to: "bob", .urgent, label: "Alice")
        try box.send(to: "bob", .urgent, label: "Carol")
        #expect(try box.store.wakes().first { $0.device == address("bob/phone") }?.text == "News", "it is for both")
        try box.send(to: "bob", .urgent)
        box.clock.advance(milliseconds: 10_000)
        #expect(try box.store.wakes().first { $0.device == address("bob/phone") }?.text == "News")
    }

    /// Who has read everything, goes, and is written to within the minute: there is one label.
    @Test func aLabelIsShownToWhoHasJustLeft() throws {
        try box.away("bob/phone", showing: PushDisplay(showsLabels: true))
        try box.send(to: "bob", label: "Alice")
        #expect(try box.store.wakes().map(\.text) == ["Alice"])
    }

    @Test func aLabelIsNotStoredAndNotLong() throws {
        try box.away("bob/phone", showing: PushDisplay(showsLabels: true))
        try box.send(to: "bob", label: "Alice in chains")
        try box.restart()
        box.clock.advance(milliseconds: minute)
        #expect(try box.store.wakes().map(\.text) == [nil])
        #expect(try !box.fileHolds("Alice in chains"))
        #expect(throws: Refusal.self) { try box.send(to: "bob", label: String(repeating: "ä", count: 129)) }
    }

    @Test func aTargetThatIsGoneIsForgottenUnlessItIsAnother() throws {
        try box.away("bob/phone")
        try box.send(to: "bob")
        let wakes = try box.store.wakes()
        box.clock.advance(milliseconds: 1)
        try box.away("bob/phone")
        try box.answer(wakes, .unregistered)
        #expect(try box.rows("SELECT count(*) FROM push_targets") == ["1"])
        box.clock.advance(milliseconds: minute)
        try box.answer(box.store.wakes(), .unregistered, expecting: 1)
        #expect(try box.rows("SELECT count(*) FROM push_targets") == ["0"])
        try box.send(to: "bob")
        #expect(try box.store.wakes().isEmpty)
    }

    @Test func onlyByAProviderThatTheServerHas() throws {
        try box.run([.release(try box.connect("bob/phone"))])
        let bob = try box.connect("bob/phone")
        #expect(throws: Refusal.self) {
            try box.ask(.registerPush(.fcm(token: "t", app: "a"), PushDisplay()), from: bob)
        }
        #expect(try box.rows("SELECT count(*) FROM push_targets") == ["0"])
    }

    /// Neither registered anew, nor woken if it was registered before.
    @Test func onlyForAFirebaseProjectThatTheServerHas() throws {
        let box = try WakeBox { ($0.providers, $0.fcmProjects) = ([.apns, .fcm], ["ours"]) }
        let bob = try box.connect("bob/phone")
        let refusal = #expect(throws: Refusal.self) {
            try box.ask(.registerPush(.fcm(token: "t", app: "other"), PushDisplay()), from: bob)
        }
        #expect(refusal?.code == .unavailable && refusal?.reason.contains("push.fcmAccount") == true)
        try box.ask(.registerPush(.fcm(token: "t", app: "ours"), PushDisplay()), from: bob)
        try box.run([.release(bob)])
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent, expecting: 1)
        try box.restart { try $0.run("UPDATE push_targets SET app = 'other'") }
        box.clock.advance(milliseconds: 30 * minute)
        try box.send(to: "bob")
        #expect(try box.store.wakes().isEmpty)
    }

    @Test func unlinkedAndRemovedDevicesAreNotWoken() throws {
        for name in ["bob", "carol"] { try box.away("\(name)/phone") }
        let bob = try box.connect("bob/phone")
        try box.ask(.removePush, from: bob)
        try box.ask(.unlink(address("carol/phone")), from: nil)
        try box.run([.release(bob)])
        #expect(try box.rows("SELECT count(*) FROM push_targets") == ["0"])
        try box.send(to: "bob")
        box.clock.advance(milliseconds: minute)
        #expect(try box.store.wakes().isEmpty)
    }

    /// A mark that cannot be leaves nobody asleep, and `restante check` tells of it.
    @Test(arguments: [
        "UPDATE push_targets SET woken_through = 1000000, woken_at = 9000000000000",
        "UPDATE push_targets SET woken_through = -1, woken_at = 9000000000000",
        "UPDATE push_targets SET token = ''",
        "UPDATE push_targets SET provider = 3",
        "UPDATE devices SET unlinked_at = 1 WHERE user = 'bob'",
    ])
    func aDamagedTargetIsFound(_ sql: String) throws {
        try box.away("bob/phone")
        box.clock.advance(milliseconds: 1)
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent)
        try box.restart { try $0.run(sql) }
        box.clock.advance(milliseconds: minute)
        #expect(try box.store.wakes().isEmpty)
        box.clock.advance(milliseconds: 20 * minute)
        let isWoken = try box.store.wakes().count == 1
        #expect(isWoken == sql.contains("woken_through"))
        box.store.close()
        let report = try DatabaseCheck.run(database: box.database, full: false)
        #expect(report.findings.contains { $0.place.hasPrefix("push_targets") })
    }

    /// What waits at a provider's is not sent any more to who is unlinked, or does not want it.
    @Test func whoIsUnlinkedIsCancelled() throws {
        for name in ["bob", "carol"] {
            try box.away("\(name)/phone")
            try box.send(to: name)
        }
        _ = try box.store.wakes()
        try box.ask(.unlink(address("bob/phone")), from: nil)
        #expect(box.store.takeUnwoken() == [address("bob/phone")])
        let carol = try box.connect("carol/phone")
        try box.ask(.removePush, from: carol)
        #expect(box.store.takeUnwoken().isEmpty, "connecting has cancelled it")
    }

    /// P6.
    @Test func aTargetSaysNothingOfItself() {
        let target = PushTarget.webPush(endpoint: "https://secret", key: [1], secret: [2])
        var dumped = ""
        dump(target, to: &dumped)
        #expect(!"\(target) \(String(reflecting: target)) \(dumped)".contains("secret"))
    }
}
