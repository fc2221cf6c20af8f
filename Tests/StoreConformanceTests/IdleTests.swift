import RestanteCore
import RestanteStore
import Testing

/// Devices that do not come back, and what senders hear of mail that nobody will have.
@Suite(.timeLimit(.minutes(5))) struct IdleTests {
    private static let day: Int64 = 24 * 3600

    @Test(arguments: Backend.allCases)
    func anIdleDeviceIsUnlinkedAndToldWhenItComesBack(_ backend: Backend) async throws {
        let clock = TestClock()
        var limits = Limits()
        limits.timeToLive = 100 * 24 * 3600
        let room = try Mailroom(backend, limits: limits, clock: clock.clock)
        try await room.register("bob/laptop")
        let phone = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        for number in 1...3 { try await alice.send("\(number)", to: .user("bob")) }
        try await phone.acknowledge()
        clock.advance(seconds: 46 * Self.day)
        try await room.settle()
        // Connected ones are never idle, and hear of it.
        #expect(phone.end == nil && alice.end == nil)
        #expect(phone.messages.last?.kind == .devices)
        guard case .devices(let list) = try await alice.ask(.devices(of: UserName(unchecked: "bob"))) else {
            throw Unexpected()
        }
        #expect(list.devices.map(\.rawValue) == ["phone"])
        // One of them told that the phone was linked.
        let laptop = try await room.connect("bob/laptop")
        #expect(laptop.story == ["gap unlinked 4"])
        try await laptop.acknowledge()
        #expect(try await room.connect("bob/laptop").story.isEmpty)
        await room.shutdown()
    }

    /// A device that was connected when the server was killed has been seen then, however long ago it connected.
    @Test(arguments: Backend.allCases)
    func aRestartDoesNotMakeAConnectedDeviceIdle(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        _ = try await room.connect("bob/phone")
        clock.advance(seconds: 50 * Self.day)
        try await room.settle()
        try await room.restart()
        try await room.settle()
        guard case .success(.devices) = try await room.ask(.devices(of: UserName(unchecked: "bob"))) else {
            throw Unexpected()
        }
        await room.shutdown()
    }

    /// After a long rest every device looks idle: they have an hour to come back.
    @Test(arguments: Backend.allCases)
    func devicesMayComeBackAfterALongRest(_ backend: Backend) async throws {
        let clock = TestClock()
        var limits = Limits()
        limits.timeToLive = 100 * 24 * 3600
        let room = try Mailroom(backend, limits: limits, clock: clock.clock)
        try await room.register("bob/phone", "bob/tablet")
        try await room.connect("alice/laptop").send("are you there?", to: .user("bob"))
        try await room.restart { clock.advance(seconds: 50 * Self.day) }
        try await room.settle()
        let phone = try await room.connect("bob/phone")
        #expect(phone.story == ["are you there?"])
        clock.advance(seconds: 3601)
        try await room.settle()
        guard case .devices(let list) = try await phone.ask(.devices(of: UserName(unchecked: "bob"))) else {
            throw Unexpected()
        }
        #expect(list.devices.map(\.rawValue) == ["phone"] && phone.end == nil)
        await room.shutdown()
    }

    /// The last reader is gone: its senders are told, for what they asked a receipt for.
    @Test(arguments: Backend.allCases)
    func unlinkingTheLastDeviceTellsTheSenders(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone", "bob/tablet")
        let alice = try await room.connect("alice/laptop")
        let id = try await alice.send("hello?", to: .user("bob"), receipt: true)
        try await alice.send("no receipt", to: .user("bob"))
        _ = try await room.ask(.unlink(Mailroom.address("bob/phone")))
        try await room.settle()
        // The tablet may still come for it.
        #expect(alice.undelivered.isEmpty)
        _ = try await room.ask(.unlink(Mailroom.address("bob/tablet")))
        try await room.settle()
        #expect(alice.undelivered == [id: .unlinked])
        try await alice.acknowledge()
        #expect(try await room.connect("alice/laptop").undelivered.isEmpty)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func deletingAUserTellsTheSenders(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let id = try await alice.send("hello?", to: .user("bob"), receipt: true)
        _ = try await room.ask(.deleteUser(UserName(unchecked: "bob")))
        try await room.settle()
        #expect(alice.undelivered == [id: .deleted])
        await room.shutdown()
    }

    /// What was left of an earlier membership ends when the member joins again.
    @Test(arguments: Backend.allCases)
    func joiningAgainTellsTheSenders(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("club", "bob"))
        let id = try await alice.send("hello?", to: .group("club"), receipt: true)
        _ = try await alice.ask(.remove("club", "bob"))
        _ = try await alice.ask(.add("club", "bob"))
        try await room.settle()
        #expect(alice.undelivered == [id: .removed])
        await room.shutdown()
    }
}
