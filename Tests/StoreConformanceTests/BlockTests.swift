import RestanteCore
import RestanteStore
import Testing

/// Who has blocked a user gets nothing of it, and the user sees a recipient that stays away.
@Suite(.timeLimit(.minutes(5))) struct BlockTests {
    private static let alice = UserName(unchecked: "alice")
    private static let bob = UserName(unchecked: "bob")

    /// The promise itself: two servers, on one of which bob is away, while on the other he is there, reads, and has blocked
    /// alice. What she is told is the same to the word.
    @Test(arguments: Backend.allCases)
    func theSenderCannotTell(_ backend: Backend) async throws {
        let away = try await BlockedStory(backend, isBlocked: false).tell()
        let blocked = try await BlockedStory(backend, isBlocked: true).tell()
        for (one, other) in zip(away, blocked) { #expect(one == other) }
        #expect(away.count == blocked.count && away.count > 30 && away.contains { $0.contains("undelivered") })
    }

    @Test(arguments: Backend.allCases, [false, true])
    func nothingReachesTheBlocker(_ backend: Backend, afterARestart: Bool) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        _ = try await bob.ask(.block(Self.alice))
        if afterARestart { try await room.restart() }
        let phone = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        try await alice.send("one", to: .user("bob"), receipt: true)
        try await alice.send("two", to: .device("bob/phone"))
        var typing = Submission.text("typing", to: .user("bob"))
        typing.ephemeral = true
        #expect(try await alice.send(typing) == .relayed)
        #expect(phone.inbox.isEmpty && phone.relayed.isEmpty)
        let again = try await room.connect("bob/phone")
        #expect(again.inbox.isEmpty && again.claimed?.pending == Pending(messages: 0, bytes: 0) && again.isDrained)
        await room.shutdown()
    }

    /// The other way, in groups, from others and from the app's backend all goes on.
    @Test(arguments: Backend.allCases)
    func onlyThatUsersDirectMessagesAreWithheld(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let carol = try await room.connect("carol/pc")
        _ = try await bob.ask(.block(Self.alice))
        _ = try await alice.ask(.create("club", "bob"))
        try await alice.send("in the group", to: .group("club"))
        try await carol.send("from carol", to: .user("bob"))
        let service = Origin.service(CallID(1), ServiceName(unchecked: "alice"), issuedAt: 1)
        try await room.perform([.send(.text("from a service", to: .user("bob")), from: service)])
        #expect(bob.texts == ["in the group", "from carol", "from a service"])
        try await bob.send("to alice", to: .user("alice"), receipt: true)
        #expect(alice.texts == ["to alice"])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func unblockingBringsNothingBack(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        try await alice.send("before", to: .user("bob"))
        for _ in 1...2 { _ = try await bob.ask(.block(Self.alice)) }
        let lost = try await alice.send("meanwhile", to: .user("bob"))
        _ = try await bob.ask(.unblock(Self.alice))
        _ = try await bob.ask(.unblock(Self.alice))
        try await alice.send("after", to: .user("bob"))
        try await bob.acknowledge()
        #expect(bob.texts == ["before", "after"])
        #expect(try await alice.states(of: lost) == [.pending])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func theListIsTheUsersAndLimited(_ backend: Backend) async throws {
        var limits = Limits()
        limits.blocksPerUser = 2
        let room = try Mailroom(backend, limits: limits)
        let bob = try await room.connect("bob/phone")
        for name in ["zoe", "alice"] { _ = try await bob.ask(.block(UserName(unchecked: name))) }
        _ = try await bob.ask(.block(Self.alice))
        let full = try await refusal { _ = try await bob.ask(.block(UserName(unchecked: "carol"))) }
        let own = try await refusal { _ = try await bob.ask(.block(Self.bob)) }
        #expect(full == .tooManyBlocks && own == .badRequest)
        let tablet = try await room.connect("bob/tablet")
        #expect(try await tablet.ask(.listBlocks) == .blocks(["alice", "zoe"].map(UserName.init(unchecked:))))
        #expect(tablet.messages.isEmpty)
        _ = try await room.ask(.deleteUser(Self.bob)).get()
        let anew = try await room.connect("bob/phone")
        #expect(try await anew.ask(.listBlocks) == .blocks([]))
        await room.shutdown()
    }

    /// As full as a mailbox that nobody empties; how full the real one is says that somebody does.
    @Test(arguments: Backend.allCases)
    func theQuotaIsThatOfAMailboxThatNobodyEmpties(_ backend: Backend) async throws {
        var limits = Limits()
        limits.mailboxMessages = 8
        for isBlocked in [false, true] {
            let room = try Mailroom(backend, limits: limits)
            let bob = try await room.connect("bob/phone")
            if isBlocked { _ = try await bob.ask(.block(Self.alice)) } else { try await bob.leave() }
            let alice = try await room.connect("alice/laptop")
            for _ in 1...8 { try await alice.send("one more", to: .user("bob")) }
            let code = try await refusal { _ = try await alice.send("too much", to: .user("bob")) }
            #expect(code == .mailboxFull)
            await room.shutdown()
        }
    }

    /// The rows go with their ids, after their time.
    @Test(arguments: Backend.allCases)
    func whatWasWithheldIsForgotten(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        let bob = try await room.connect("bob/phone")
        _ = try await bob.ask(.block(Self.alice))
        var alice = try await room.connect("alice/laptop")
        let brief = try await alice.send(ttl: 60, to: .user("bob"), receipt: true)
        let long = try await alice.send("a month", to: .user("bob"), receipt: true)
        clock.advance(seconds: 8 * 24 * 3600)
        try await room.restart()
        try await room.settle()
        alice = try await room.connect("alice/laptop")
        #expect(alice.undelivered == [brief: .expired])
        try await alice.acknowledge()
        clock.advance(seconds: 23 * 24 * 3600)
        try await room.settle()
        alice = try await room.connect("alice/laptop")
        #expect(alice.undelivered == [long: .expired])
        if let store = room.store as? SQLiteStore {
            let isThere = try await store.holds("SELECT count(*) FROM withheld WHERE flags & 8 = 0")
            #expect(!isThere)
        }
        await room.shutdown()
    }
}

/// One life of a sender, told as what it sees.
private struct BlockedStory {
    let clock = TestClock(at: 1_800_000_000_000)
    let room: Mailroom
    let isBlocked: Bool

    init(_ backend: Backend, isBlocked: Bool) throws {
        self.isBlocked = isBlocked
        room = try Mailroom(backend, clock: clock.clock)
    }

    private func id(_ number: UInt64) -> MessageID {
        MessageID(high: UInt64(clock.now) << 16 | 0x7000, low: 0x8000_0000_0000_0000 | number)
    }

    func tell() async throws -> [String] {
        try await room.register("bob/phone", "bob/tablet", "carol/pc")
        if isBlocked {
            let phone = try await room.connect("bob/phone")
            _ = try await phone.ask(.block(UserName(unchecked: "alice")))
        }
        var alice = try await room.connect("alice/laptop")
        var story: [String] = []
        var ids: [MessageID] = []
        func send(_ number: UInt64, _ change: (inout Submission) -> Void = { _ in }) async throws {
            var message = Submission(
                id: id(number), to: .user("bob"), content: .payload([1, UInt8(number)]), receipt: true)
            change(&message)
            for _ in 1...2 { story.append("\(number): \(try await alice.send(message))") }
            if !message.ephemeral { ids.append(message.id) }
            try await beThere()
        }
        func look() async throws {
            try await beThere()
            try await room.settle()
            for id in ids { story.append("\(id): \(try await answer { try await alice.ask(.status(id)) })") }
            story.append("\(alice.inbox)")
        }
        try await send(1)
        try await send(2) { $0.recipient = .device("bob/phone") }
        let phone = SealedPart(device: DeviceName(unchecked: "phone"), payload: [5])
        let tablet = SealedPart(device: DeviceName(unchecked: "tablet"), payload: [6])
        try await send(3) { ($0.content, $0.timeToLive) = (.sealed([phone, tablet], devicesVersion: 2), 60) }
        try await send(4) { $0.content = .sealed([phone], devicesVersion: 1) }
        try await send(5) { ($0.ephemeral, $0.receipt) = (true, false) }
        try await send(6) { $0.timeToLive = 60 }
        try await send(7)
        try await send(8) { ($0.receipt, $0.timeToLive) = (false, 60) }
        try await send(9) { $0.recipient = .device("bob/watch") }
        try await send(10) { $0.timeToLive = 90 }
        story.append("\(try await alice.send(Submission(id: ids[0], to: .user("bob"), content: .payload([9]))))")
        story.append("\(try await answer { try await alice.ask(.cancel(ids[5])) })")
        story.append("\(try await answer { try await alice.ask(.devices(of: UserName(unchecked: "bob"))) })")
        try await look()
        clock.advance(seconds: 61)
        try await look()
        try await alice.acknowledge()
        story.append("\(try await answer { try await alice.ask(.cancel(ids[4])) })")
        try await room.restart()
        alice = try await room.connect("alice/laptop")
        try await look()
        clock.advance(seconds: 30)
        try await look()
        for device in ["bob/phone", "bob/tablet"] {
            _ = try await room.ask(.unlink(Mailroom.address(device))).get()
            try await look()
        }
        try await alice.acknowledge()
        // Otherwise a second later: what is swept does not expire.
        try await (room.store as? SQLiteStore)?.forgetAcknowledged()
        clock.advance(seconds: 31 * 24 * 3600)
        alice = try await room.connect("alice/laptop")
        try await look()
        await room.shutdown()
        return story
    }

    /// Bob comes by, if he is not away, and reads what others have sent him.
    private func beThere() async throws {
        guard isBlocked else { return }
        let carol = try await room.connect("carol/pc")
        guard (try? await carol.send("hello", to: .user("bob"))) != nil else { return }
        guard case .success(.mailbox(let devices)) = try await room.ask(.mailbox(of: UserName(unchecked: "bob"))) else {
            return
        }
        for device in devices {
            let phone = try await room.connect("bob/\(device.device)")
            try await phone.drain()
            try await phone.leave()
        }
    }

    private func answer(_ body: () async throws -> Reply) async throws -> String {
        do { return "\(try await body())" } catch let refusal as Refusal { return "\(refusal)" }
    }
}
