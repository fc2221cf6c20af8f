import RestanteCore
import RestanteStore
import Testing

/// What happens in one commit happens in its order, whatever is mixed in it.
@Suite struct BatchTests {
    /// A pause that follows a read is heeded though the read is carried out at the end of the batch.
    @Test(arguments: Backend.allCases)
    func aPauseAfterAReadLeavesTheSessionBehind(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.claim("bob/phone")
        let alice = try await room.connect("alice/laptop")
        try await room.perform([.read(bob.session), .pause(bob.session)])
        #expect(bob.isBehind)
        try await alice.send("one", to: .user("bob"))
        #expect(bob.texts == [])
        try await bob.read()
        #expect(bob.texts == ["one"] && !bob.isBehind)
        await room.shutdown()
    }

    /// Or the gateway, which thinks of the session as behind, would wait for ever.
    @Test(arguments: Backend.allCases)
    func aLiveSessionThatAsksIsAnswered(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let events = try await room.perform([.read(bob.session)])
        #expect(events == [.page(bob.session, [], more: false)])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aDeviceThatConnectsWhileItsUserComesBackIsNotDeaf(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob"))
        let bob = Phone(room, room.newSession(), Mailroom.address("bob/phone"))
        room.watch(bob)
        let claim = Claim(session: bob.session, address: bob.address, tokenIssuedAt: .max / 2000)
        try await room.perform(outAndIn(by: alice) + [.claim(claim), .read(bob.session)])
        try await alice.send("hello", to: .group("talk"))
        try await bob.drain()
        #expect(bob.texts == ["hello"])
        await room.shutdown()
    }

    /// Removed and added in one commit: told once of each message, ephemeral ones included.
    @Test(arguments: Backend.allCases)
    func aMemberThatComesBackAtOnceFollowsOnce(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob"))
        try await room.perform(outAndIn(by: alice))
        try await bob.drain()
        let typing = Submission(
            id: MessageID(at: room.clock.now()), to: .group("talk"), content: .payload([1]), ephemeral: true)
        #expect(try await alice.send(typing) == .relayed)
        #expect(bob.relayed.count == 1)
        try await alice.send("hello", to: .group("talk"))
        #expect(bob.texts == ["hello"])
        await room.shutdown()
    }

    /// Nobody is shown what was withdrawn in the commit that stored it.
    @Test(arguments: Backend.allCases)
    func sentAndCancelledInOneCommit(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let id = MessageID(at: room.clock.now())
        let submission = Submission(id: id, to: .user("bob"), content: .payload([1]))
        try await room.perform([
            .send(submission, from: .session(alice.session)),
            .request(.cancel(id), id: 101, from: .session(alice.session)),
        ])
        #expect(try alice.replies[101]?.get() == .done)
        #expect(bob.messages.isEmpty)
        try await bob.leave()
        let again = try await room.connect("bob/phone")
        #expect(again.messages.isEmpty && again.isDrained)
        guard case .status(let status) = try await alice.ask(.status(id)) else { throw Unexpected() }
        #expect(status.cancelled && status.devices.isEmpty)
        await room.shutdown()
    }

    /// Bob is removed from the group and added again.
    private func outAndIn(by admin: Phone) -> [StoreCommand] {
        [
            .request(.remove("talk", "bob"), id: 101, from: .session(admin.session)),
            .request(.add("talk", "bob"), id: 102, from: .session(admin.session)),
        ]
    }
}
