import CSQLite
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
        try box.send(to: "bob", .urgent)
        #expect(try box.store.wakes().map(\.urgency) == [.urgent])
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

    @Test func onlyByAProviderThatTheServerHas() throws {
        try box.run([.release(try box.connect("bob/phone"))])
        let bob = try box.connect("bob/phone")
        #expect(throws: Refusal.self) {
            try box.ask(.registerPush(.fcm(token: "t", app: "a")), from: bob)
        }
        #expect(try box.rows("SELECT count(*) FROM push_targets") == ["0"])
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

    /// P6.
    @Test func aTargetSaysNothingOfItself() {
        let target = PushTarget.webPush(endpoint: "https://secret", key: [1], secret: [2])
        var dumped = ""
        dump(target, to: &dumped)
        #expect(!"\(target) \(String(reflecting: target)) \(dumped)".contains("secret"))
    }
}

/// A store whose time stands, with one who sends.
private final class WakeBox {
    let clock = SteppedClock()
    private let folder: Folder
    private(set) var store: SteppedStore
    private var lastSession: UInt64 = 0
    private var lastRequest: UInt64 = 0
    private var alice = SessionID(0)

    init() throws {
        folder = try Folder()
        store = try Self.open(folder, clock)
        alice = try connect("alice/laptop")
    }

    deinit { store.close() }

    private static func open(_ folder: Folder, _ clock: SteppedClock) throws -> SteppedStore {
        var options = StoreOptions(clock: clock.clock)
        options.wakes.providers = [.apns]
        return try SteppedStore(path: folder.database, options: options)
    }

    /// As a process that was killed, and the next.
    func restart() throws {
        store.close()
        store = try Self.open(folder, clock)
        alice = try connect("alice/laptop")
    }

    static func target(_ device: String) -> PushTarget { .apns(token: device, topic: "org.example", sandbox: false) }

    /// Registers a device that can be woken and has gone.
    func away(_ device: String) throws {
        let session = try connect(device)
        try ask(.registerPush(Self.target(device)), from: session)
        try run([.release(session)])
    }

    func connect(_ device: String) throws -> SessionID {
        lastSession += 1
        let session = SessionID(lastSession)
        try run([.claim(Claim(session: session, address: address(device), tokenIssuedAt: .max / 2000)), .read(session)])
        return session
    }

    @discardableResult
    func run(_ commands: [StoreCommand]) throws -> [StoreEvent] { try store.run(commands) }

    @discardableResult
    func send(to name: String, _ urgency: Urgency = .normal) throws -> MessageID {
        try send(to: .user(user(name)), urgency)
    }

    @discardableResult
    func send(to recipient: Recipient, _ urgency: Urgency = .normal) throws -> MessageID {
        let id = MessageID(at: clock.now)
        let submission = Submission(id: id, to: recipient, content: .payload([1]), urgency: urgency)
        for case .sent(_, .rejected(let refusal), _) in try run([.send(submission, from: .session(alice))]) {
            throw refusal
        }
        return id
    }

    func ask(_ request: Request) throws { try ask(request, from: alice) }

    /// Nil: an operator.
    func ask(_ request: Request, from session: SessionID?) throws {
        lastRequest += 1
        let origin = session.map { Origin.session($0) } ?? .operators(CallID(lastRequest))
        for case .replied(let result, lastRequest, _) in try run([.request(request, id: lastRequest, from: origin)]) {
            _ = try result.get()
        }
    }

    func answer(_ wakes: [Wake], _ outcome: WakeOutcome, expecting count: Int? = nil) throws {
        if let count { #expect(wakes.count == count) }
        try run(wakes.map { .woken($0, outcome) })
    }

    /// Each row in one text.
    func rows(_ sql: String) throws -> [String] {
        let connection = try Connection(path: folder.database, mode: .readOnly)
        defer { connection.close() }
        return try connection.all(sql) { row in
            (0..<sqlite3_column_count(row.handle)).map { row.text($0) }.joined(separator: " ")
        }
    }
}
