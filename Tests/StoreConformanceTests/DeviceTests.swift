import RestanteCore
import RestanteStore
import Testing

/// Devices, sessions, receipts, status, cancelling.
@Suite struct DeviceTests {
    @Test(arguments: Backend.allCases)
    func aNewDeviceStartsAtTheHeadAndTheOthersAreTold(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let phone = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        try await alice.send("early", to: .user("bob"))
        let tablet = try await room.connect("bob/tablet")
        #expect(tablet.inbox.isEmpty)
        #expect(phone.messages.map(\.kind) == [.message, .devices])
        #expect(
            phone.messages.last.map { String(decoding: $0.payload, as: UTF8.self) }
                == #"{"change":"linked","device":"tablet","user":"bob","version":2}"#)
        await room.shutdown()
    }

    /// Or senders would go on to encrypt to keys of a device that is gone.
    @Test(arguments: Backend.allCases)
    func unlinkingIsToldToTheUsersDevicesAndGroups(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let phone = try await room.connect("bob/phone")
        try await room.register("bob/tablet")
        let watch = try await room.connect("bob/watch")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob"))
        _ = try await phone.ask(.unlink(Mailroom.address("bob/tablet")))
        let told = #"{"change":"unlinked","device":"tablet","user":"bob","version":"#
        #expect(
            watch.messages.suffix(2).map { String(decoding: $0.payload, as: UTF8.self) }
                == [told + "4}", told + "2}"])
        #expect(alice.messages.last.map { String(decoding: $0.payload, as: UTF8.self) } == told + "2}")
        guard case .devices(let list) = try await alice.ask(.devices(of: UserName(unchecked: "bob"))),
            case .group(let info) = try await alice.ask(.info("talk"))
        else { throw Unexpected() }
        #expect(list.version == 4 && list.devices.map(\.rawValue) == ["phone", "watch"])
        #expect(info.version == 2)
        await room.shutdown()
    }

    /// A user without a device can still be a member somewhere; a name that is used again does not look like the old one.
    @Test(arguments: Backend.allCases)
    func aUserWithoutDevicesCanBeDeletedAndComesBackAsAnother(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob"))
        guard case .devices(let before) = try await alice.ask(.devices(of: UserName(unchecked: "bob"))) else {
            throw Unexpected()
        }
        _ = try await room.ask(.unlink(Mailroom.address("bob/phone"))).get()
        _ = try await room.ask(.deleteUser(UserName(unchecked: "bob"))).get()
        guard case .group(let info) = try await alice.ask(.info("talk")) else { throw Unexpected() }
        #expect(info.members.map(\.user.rawValue) == ["alice"])
        try await room.register("bob/phone")
        let old = Submission(
            id: MessageID(at: room.clock.now()), to: .user("bob"),
            content: .sealed([SealedPart(device: before.devices[0], payload: [1])], devicesVersion: before.version))
        guard case .rejected(let refusal) = try await alice.send(old) else { throw Unexpected() }
        #expect(refusal.code == .staleDevices)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func soManyDevicesAndNoMore(_ backend: Backend) async throws {
        var limits = Limits()
        limits.devicesPerUser = 2
        let room = try Mailroom(backend, limits: limits)
        try await room.register("bob/1", "bob/2", "bob/1")
        #expect(try await refusal { _ = try await room.claim("bob/3") } == .tooManyDevices)
        _ = try await room.ask(.unlink(Mailroom.address("bob/1"))).get()
        try await room.register("bob/3")
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func unlinkingEndsTheSessionAndNeedsALaterToken(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        let phone = try await room.connect("bob/phone")
        let tablet = try await room.connect("bob/tablet")
        let alice = try await room.connect("alice/laptop")
        let id = try await alice.send("x", to: .user("bob"))
        _ = try await phone.ask(.unlink(tablet.address))
        #expect(tablet.end == .unlinked)
        #expect(try await room.perform([.acknowledge(tablet.session, through: 1)]) == [])
        guard case .status(let status) = try await alice.ask(.status(id)) else { throw Unexpected() }
        #expect(status.devices.map(\.state) == [.pending, .lost(.unlinked)])
        let second = clock.now / 1000
        #expect(try await refusal { _ = try await room.claim("bob/tablet", issuedAt: second) } == .deviceRevoked)
        let again = try await room.connect("bob/tablet", issuedAt: second + 1)
        #expect(again.inbox.isEmpty)
        #expect(try await refusal { _ = try await alice.ask(.unlink(phone.address)) } == .notFound)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func deletingAUserLeavesWhatItSentToOthers(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        try await room.register("alice/laptop")
        let bob = try await room.connect("bob/phone")
        _ = try await bob.ask(.create("talk", "alice"))
        try await bob.send("from the past", to: .user("alice"))
        _ = try await room.ask(.deleteUser(UserName(unchecked: "bob"))).get()
        #expect(bob.end == .unlinked)
        let alice = try await room.connect("alice/laptop")
        #expect(alice.texts == ["from the past"])
        #expect(alice.messages.last?.from == .device(bob.address))
        guard case .group(let info) = try await alice.ask(.info("talk")) else { throw Unexpected() }
        #expect(info.members.map(\.user.rawValue) == ["alice"] && info.members.map(\.role) == [.admin])
        #expect(try await alice.send(.text("x", to: .user("bob"))).code == .noDevices)
        #expect(try await refusal { _ = try await room.claim("bob/phone", issuedAt: 1) } == .deviceRevoked)
        let reborn = try await room.connect("bob/phone", issuedAt: clock.now / 1000 + 1)
        #expect(reborn.inbox.isEmpty)
        #expect(try await room.ask(.deleteUser(UserName(unchecked: "nobody"))).failure?.code == .notFound)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func receiptsComeOnceAReaderWithTheFirstDevice(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone", "bob/tablet")
        let alice = try await room.connect("alice/laptop")
        let first = try await alice.send("1", to: .user("bob"), receipt: true)
        let second = try await alice.send("2", to: .user("bob"), receipt: true)
        try await alice.send("3", to: .user("bob"))
        let phone = try await room.connect("bob/phone")
        try await phone.drain()
        #expect(
            alice.inbox.map(\.owed) == [.receipt(.user("bob"), reader: UserName(unchecked: "bob"), [first, second])])
        try await alice.acknowledge()
        let tablet = try await room.connect("bob/tablet")
        try await tablet.drain()
        #expect(alice.inbox.count == 1)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func receiptsWaitForASenderThatIsAwayUntilAcknowledged(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        var alice = try await room.connect("alice/laptop")
        let id = try await alice.send("1", to: .user("bob"), receipt: true)
        try await alice.leave()
        let bob = try await room.connect("bob/phone")
        try await bob.drain()
        for isLast in [false, true] {
            try await room.restart()
            alice = try await room.connect("alice/laptop")
            #expect(alice.inbox.map(\.owed) == [.receipt(.user("bob"), reader: UserName(unchecked: "bob"), [id])])
            #expect(!alice.isDrained)
            if isLast { try await alice.drain() }
        }
        #expect(alice.isDrained)
        alice = try await room.connect("alice/laptop")
        #expect(alice.inbox.isEmpty)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func receiptsOfAGroupNameEachReader(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let carol = try await room.connect("carol/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob", "carol"))
        let id = try await alice.send("hi", to: .group("talk"), receipt: true)
        try await bob.drain()
        try await carol.drain()
        #expect(
            alice.inbox.map(\.owed)
                == ["bob", "carol"].map {
                    .receipt(.group("talk"), reader: UserName(unchecked: $0), [id])
                })
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func statusFollowsAMessageToEachDevice(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone", "bob/tablet")
        let alice = try await room.connect("alice/laptop")
        let id = try await alice.send("x", to: .user("bob"))
        let phone = try await room.connect("bob/phone")
        guard case .status(let before) = try await alice.ask(.status(id)) else { throw Unexpected() }
        #expect(before.devices.map(\.state) == [.pending, .pending])
        try await phone.drain()
        guard case .status(let after) = try await alice.ask(.status(id)) else { throw Unexpected() }
        #expect(after.devices.map(\.state) == [.delivered, .pending])
        // Of one's own messages only.
        #expect(try await refusal { _ = try await phone.ask(.status(id)) } == .notFound)
        await room.shutdown()
    }

    /// One device has read it and is gone without an acknowledgement: nobody else reads it any more.
    @Test(arguments: Backend.allCases)
    func whatIsCancelledIsReadByNobody(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        try await room.register("carol/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("club", "bob", "carol"))
        let cancelled = try await alice.send("never mind", to: .group("club"))
        let carol = try await room.claim("carol/phone")
        let bob = try await room.connect("bob/phone")
        #expect(bob.texts == ["never mind"])
        try await bob.leave()
        #expect(try await alice.ask(.cancel(cancelled)) == .done)
        try await carol.read()
        #expect(carol.texts.isEmpty && carol.story.isEmpty, "\(carol.story)")
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func cancellingWhatNobodyHasReceived(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let cancelled = try await alice.send("never mind", to: .user("bob"))
        try await alice.send("this one", to: .user("bob"))
        #expect(try await alice.ask(.cancel(cancelled)) == .done)
        #expect(try await alice.ask(.cancel(cancelled)) == .done)
        guard case .status(let status) = try await alice.ask(.status(cancelled)) else { throw Unexpected() }
        #expect(status.cancelled)
        var bob = try await room.connect("bob/phone")
        #expect(bob.texts == ["this one"])
        let onItsWay = try await alice.send("too late", to: .user("bob"))
        #expect(try await refusal { _ = try await alice.ask(.cancel(onItsWay)) } == .tooLate)
        #expect(try await refusal { _ = try await bob.ask(.cancel(onItsWay)) } == .notFound)
        try await bob.drain()
        bob = try await room.connect("bob/phone")
        #expect(bob.inbox.isEmpty)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func theDirectoryKnowsWhoIsConnected(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = UserName(unchecked: "bob")
        let phone = try await room.connect("bob/phone")
        #expect(try await room.store.sessions(of: bob).map(\.device.rawValue) == ["phone"])
        try await phone.leave()
        #expect(try await room.store.sessions(of: bob).isEmpty)
        _ = try await room.connect("bob/phone")
        try await room.store.clear(node: "local")
        #expect(try await room.store.sessions(of: bob).isEmpty)
        // A node clears its own at its start.
        _ = try await room.connect("bob/phone")
        try await room.restart()
        #expect(try await room.store.sessions(of: bob).isEmpty)
        #expect(try await room.claim("bob/phone").claimed?.generation == 4)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aServiceSendsAndHasNoGroupsOfItsOwn(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let service = Origin.service(CallID(1), ServiceName(unchecked: "billing"), issuedAt: 1)
        let events = try await room.perform([
            .send(.text("invoice", to: .user("bob")), from: service), .request(.listGroups, id: 7, from: service),
        ])
        #expect(bob.messages.map(\.from) == [.service(ServiceName(unchecked: "billing"))])
        let refused = events.contains {
            if case .replied(.failure(let refusal), id: 7, service) = $0 { refusal.code == .notAllowed } else { false }
        }
        #expect(refused)
        await room.shutdown()
    }

    /// Members remain when their last device has gone; then there is nobody to owe it to.
    @Test(arguments: Backend.allCases)
    func aServiceCannotSendToAGroupWithoutADevice(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk"))
        let service = Origin.service(CallID(1), ServiceName(unchecked: "billing"), issuedAt: 1)
        func outcome() async throws -> SendOutcome? {
            let events = try await room.perform([.send(.text("invoice", to: .group("talk")), from: service)])
            for case .sent(_, let outcome, service) in events { return outcome }
            return nil
        }
        guard case .accepted = try await outcome() else { throw Unexpected() }
        _ = try await room.ask(.unlink(alice.address)).get()
        guard case .rejected(let refusal) = try await outcome() else { throw Unexpected() }
        #expect(refusal.code == .noDevices)
        await room.shutdown()
    }
}

extension Result {
    var failure: Failure? { if case .failure(let failure) = self { failure } else { nil } }
}
