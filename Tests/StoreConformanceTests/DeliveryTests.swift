import RestanteCore
import RestanteStore
import Testing

/// P1-P3, P5: held until acknowledged, in order, never again.
@Suite struct DeliveryTests {
    @Test(arguments: Backend.allCases)
    func mailWaitsForADeviceThatIsAway(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        try await alice.send("one", to: .user("bob"))
        try await alice.send("two", to: .device("bob/phone"))

        let bob = try await room.claim("bob/phone")
        #expect(bob.claimed?.pending == Pending(messages: 2, bytes: 6))
        try await bob.read()
        #expect(bob.texts == ["one", "two"])
        #expect(bob.inbox.map(\.tag) == [1, 2])
        #expect(bob.messages[0].from == .device(alice.address))
        #expect(bob.messages.map(\.conversation) == [.user("bob"), .device(bob.address)])
        #expect(!bob.isDrained)
        try await bob.acknowledge()
        #expect(bob.acknowledgedThrough == 2)
        #expect(bob.isDrained)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func whatIsNotAcknowledgedComesAgainAndWhatIsDoesNot(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        for text in ["1", "2", "3"] { try await alice.send(text, to: .user("bob")) }
        var bob = try await room.connect("bob/phone")
        try await bob.acknowledge(through: 1)
        try await bob.leave()
        try await room.restart()
        bob = try await room.connect("bob/phone")
        #expect(bob.texts == ["2", "3"])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func positionsAreNotReusedWhenEverythingHasBeenSwept(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        var bob = try await room.connect("bob/phone")
        var alice = try await room.connect("alice/laptop")
        for text in ["1", "2", "3"] { try await alice.send(text, to: .user("bob")) }
        try await bob.drain()
        try await room.restart()
        bob = try await room.connect("bob/phone")
        alice = try await room.connect("alice/laptop")
        #expect(bob.texts == [])
        try await alice.send("again", to: .user("bob"))
        #expect(bob.texts == ["again"])
        try await bob.leave()
        bob = try await room.connect("bob/phone")
        #expect(bob.texts == ["again"])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aCommitAroundGoingLiveIsDeliveredOnce(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let alice = try await room.connect("alice/laptop")
        let bob = try await room.claim("bob/phone")
        let before = Submission.text("before", to: .user("bob"))
        let after = Submission.text("after", to: .user("bob"))
        try await bob.perform(
            .send(before, from: .session(alice.session)), .read(bob.session),
            .send(after, from: .session(alice.session)))
        try await alice.send("later", to: .user("bob"))
        #expect(bob.texts == ["before", "after", "later"])
        #expect(bob.inbox.map(\.tag) == [1, 2, 3])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aDisplacedSessionsAcknowledgementCountsForNothing(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        try await alice.send("keep me", to: .user("bob"))
        let older = try await room.connect("bob/phone")
        let newer = try await room.claim("bob/phone")
        #expect(try #require(newer.claimed).generation > (try #require(older.claimed).generation))
        let events = try await room.perform([.acknowledge(older.session, through: 1)])
        #expect(events == [])
        try await newer.read()
        #expect(newer.texts == ["keep me"])
        // The older one's going must not take the newer one with it.
        try await room.perform([.release(older.session)])
        #expect(try await room.store.sessions(of: UserName(unchecked: "bob")).count == 1)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func theOlderSessionIsToldThatItWasDisplaced(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let older = try await room.connect("bob/phone")
        _ = try await room.claim("bob/phone")
        #expect(older.end == .displaced)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func acknowledgingATagThatWasNeverGivenIsSaid(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let events = try await room.perform([.acknowledge(bob.session, through: 1)])
        #expect(events == [.acknowledgedUnknown(bob.session)])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func allDevicesOfAUserGetItAndEachForgetsForItself(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone", "bob/tablet")
        let alice = try await room.connect("alice/laptop")
        try await alice.send("hello", to: .user("bob"))
        let phone = try await room.connect("bob/phone")
        try await phone.drain()
        let tablet = try await room.connect("bob/tablet")
        #expect(tablet.texts == ["hello"])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func theSendingDeviceDoesNotGetItsOwnButTheUsersOthersDo(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let phone = try await room.connect("bob/phone")
        let tablet = try await room.connect("bob/tablet")
        try await phone.send("note to self", to: .user("bob"))
        #expect(phone.texts == [])
        #expect(tablet.texts == ["note to self"])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func ephemeralReachesOnlyWhoIsLive(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let alice = try await room.connect("alice/laptop")
        let live = try await room.connect("bob/phone")
        try await room.register("bob/tablet")
        var typing = Submission.text("typing", to: .user("bob"))
        typing.ephemeral = true
        try await alice.send(typing)
        #expect(alice.answers[typing.id] == .relayed)
        #expect(live.relayed.map(\.id) == [typing.id])
        let tablet = try await room.connect("bob/tablet")
        #expect(tablet.texts == [] && tablet.relayed == [])
        await room.shutdown()
    }

    /// The same checks as for mail, in the same order; a session that is behind would get it before older mail.
    @Test(arguments: Backend.allCases)
    func ephemeralIsForMembersThatAreLive(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let alice = try await room.connect("alice/laptop")
        let live = try await room.connect("bob/phone")
        let behind = try await room.claim("bob/tablet")
        let stranger = try await room.connect("carol/phone")
        _ = try await alice.ask(.create("talk", "bob"))
        var typing = Submission.text("typing", to: .group("talk"))
        typing.ephemeral = true
        guard case .rejected(let refusal) = try await stranger.send(typing) else { throw Unexpected() }
        #expect(refusal.code == .notFound)
        #expect(try await alice.send(typing) == .relayed)
        #expect(live.relayed.map(\.id) == [typing.id])
        #expect(behind.relayed == [] && stranger.relayed == [] && alice.relayed == [])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func anEmptyPayloadIsAMessage(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        try await alice.send("", to: .user("bob"))
        let bob = try await room.connect("bob/phone")
        #expect(bob.texts == [""])
        await room.shutdown()
    }
}

extension Submission {
    static func text(_ text: String, to recipient: Recipient) -> Submission {
        Submission(id: MessageID(at: StoreClock.wall.now()), to: recipient, content: .payload(Array(text.utf8)))
    }
}

extension Conversation {
    static func user(_ name: String) -> Conversation { .user(UserName(unchecked: name)) }
    static func group(_ name: String) -> Conversation { .group(GroupName(unchecked: name)) }
}
