import NIOCore
import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// Whoever goes through names learns no more of them in a time than its look-ups allow, whichever way it goes.
@Suite(.timeLimit(.minutes(5)))
struct LookUpTests {
    private static let start = TokenBucketTests.start
    private static let bob = UserName(unchecked: "bob")
    private static let group = GroupName(unchecked: "group")

    private static func users(_ count: Int) -> [UserName] { (0..<count).map { UserName(unchecked: "user \($0)") } }

    private static func send(_ recipient: Recipient) -> ClientAction {
        .send(Submission(id: MessageID(at: 1), to: recipient, content: .payload([])))
    }

    /// A user that may look up three names at once, and one a second.
    private func session(_ address: DeviceAddress = TestKeys.alice, _ pace: Pace? = nil) throws -> SessionPace {
        try SessionPace(address, pace ?? SessionPaceTests.pace { $0.user.lookUps = Rate(1, burst: 3) }, now: Self.start)
    }

    private func refusal(_ session: SessionPace, _ action: ClientAction, after: TimeAmount = .zero) -> Refusal? {
        switch session.admit(action, bytes: 1, now: Self.start + after).action {
        case .rejectSend(_, let refusal), .failRequest(_, let refusal): refusal
        default: nil
        }
    }

    @Test(arguments: [
        Request.addMembers(group, users(3)), .createGroup(group, members: users(3)),
        .createGroup(group, members: users(3), admin: bob),
    ])
    func eachNameIsALookUp(request: Request) throws {
        let session = try session()
        #expect(refusal(session, .request(request, id: 1)) == nil)
        #expect(refusal(session, SessionPaceTests.ask(2))?.code == .rateLimited)
        #expect(refusal(session, .request(.listGroups, id: 3)) == nil)
    }

    /// Whether there is a group of a name is one, too; what asks about nobody is none.
    @Test func whatAsksAboutNobodyIsFree() throws {
        let session = try session()
        #expect(Request.createGroup(Self.group, members: []).lookUps == 1)
        let free: [Request] = [.removeMembers(Self.group, Self.users(3)), .block(Self.bob), .groupInfo(Self.group)]
        for request in free { #expect(request.lookUps == 0) }
        for id in 1...3 { #expect(refusal(session, .request(.groupInfo(Self.group), id: UInt64(id))) == nil) }
    }

    /// More names than a burst go when nothing else was asked, and are earned back before the next.
    @Test func manyNamesAreEarnedBack() throws {
        let session = try session()
        #expect(refusal(session, .request(.addMembers(Self.group, Self.users(5)), id: 1)) == nil)
        #expect(refusal(session, SessionPaceTests.ask(2), after: .milliseconds(2999))?.code == .rateLimited)
        #expect(refusal(session, SessionPaceTests.ask(3), after: .seconds(3)) == nil)
        // Nobody is kept from sending for it.
        #expect(refusal(session, Self.send(.user(Self.bob))) == nil)
    }

    /// Three are there; the fourth is owed, and nobody else is tried until it is earned.
    @Test func missesAreOwed() throws {
        let session = try session()
        for _ in 0..<3 { session.chargeMiss(now: Self.start) }
        #expect(refusal(session, Self.send(.user(Self.bob))) == nil)
        session.chargeMiss(now: Self.start)
        let other = DeviceAddress(user: Self.bob, device: DeviceName(unchecked: "phone"))
        for recipient in [Recipient.user(Self.bob), .device(other)] {
            let refusal = refusal(session, Self.send(recipient))
            #expect(refusal?.code == .rateLimited && refusal?.retryAfter ?? 0 >= 1)
        }
        // Groups, one's own devices and look-ups have nothing to do with it.
        #expect(refusal(session, Self.send(.group(Self.group))) == nil)
        #expect(refusal(session, Self.send(.user(TestKeys.alice.user))) == nil)
        #expect(refusal(session, SessionPaceTests.ask(1)) == nil)
        #expect(refusal(session, Self.send(.user(Self.bob)), after: .seconds(1)) == nil)
    }

    /// A device more is no way around it, and many on their way at once are paid for, too.
    @Test func missesCountForTheUser() throws {
        let pace = SessionPaceTests.pace { $0.user.lookUps = Rate(1, burst: 3) }
        let (phone, tablet) = (try session(TestKeys.alice, pace), try session(SessionPaceTests.tablet, pace))
        for _ in 0..<100 { phone.chargeMiss(now: Self.start) }
        #expect(refusal(tablet, Self.send(.user(Self.bob)), after: .seconds(96))?.code == .rateLimited)
        #expect(refusal(tablet, Self.send(.user(Self.bob)), after: .seconds(97)) == nil)
    }

    /// Every contact has a new phone: that many stale views, and then some, keep a client from nothing by default.
    @Test func aStaleAddressBookIsNoEnumeration() throws {
        let session = try SessionPace(TestKeys.alice, Pace(PaceLimits()), now: Self.start)
        for _ in 0..<300 {
            #expect(refusal(session, Self.send(.user(Self.bob))) == nil)
            session.chargeMiss(now: Self.start)
        }
        #expect(refusal(session, Self.send(.user(Self.bob))) == nil)
    }

    @Test(arguments: [
        (Recipient.user(bob), SendOutcome.rejected(Refusal(.noDevices, "")), true),
        (.user(bob), .rejected(Refusal(.staleDevices, "")), true),
        (.user(bob), .rejected(Refusal(.mailboxFull, "")), false), (.user(bob), .relayed, false),
        (.user(TestKeys.alice.user), .rejected(Refusal(.noDevices, "")), false),
        (.device(TestKeys.alice), .rejected(Refusal(.noDevices, "")), false),
        (.group(group), .rejected(Refusal(.staleGroup, "")), false),
    ])
    func whatTellsOfDevicesIsCharged(recipient: Recipient, outcome: SendOutcome, isCharged: Bool) {
        var driver = MachineDriver.live()
        let submission = Submission(id: MessageID(at: 1), to: recipient, content: .payload([]))
        _ = driver.take(.received(.send(submission)))
        let actions = driver.take(.sent(submission.id, outcome))
        #expect(actions.contains(.chargeMiss) == isCharged)
    }

    /// Over a socket: after three sends to nobody the store is asked no more about others, at the pace of messages or not.
    @Test func sendsToNobodyAreSlowedDown() async throws {
        let store = ScriptedStore { command in
            guard case .send(let submission, let origin) = command else { return ScriptedStore.agreeable(command) }
            return [.sent(submission.id, .rejected(Refusal(.noDevices, "scripted")), to: origin)]
        }
        try await TestServer.run(store: store) {
            $0.pace.user.lookUps = Rate(1, per: .hours(1), burst: 2)
        } body: { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                for code in ["no_devices", "no_devices", "no_devices", "rate_limited", "rate_limited"] {
                    try await client.send(ShutdownTests.send)
                    #expect(await client.text()?.contains(#""\#(code)""#) == true)
                }
            }
            #expect(store.commands.filter(ShutdownTests.isSend).count == 3)
        }
    }
}
