import RestanteCore
import RestanteStore
import Testing

/// Messages that are on their way, sent to a connected device and not acknowledged, when their time is over.
@Suite(.timeLimit(.minutes(5))) struct HeldTests {
    /// What the sender hears and what the device has are the same.
    @Test(arguments: Backend.allCases, [nil, 60])
    func whatIsOnItsWayDoesNotExpire(_ backend: Backend, ttl: Int?) async throws {
        let (room, clock) = try hall(backend)
        try await room.register("bob/tablet")
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let id = try await alice.ask(receiptFor: "held", ttl: ttl)
        #expect(bob.story == ["held"])
        clock.advance(seconds: 3601)
        try await room.settle()
        #expect(alice.undelivered.isEmpty)
        #expect(try await alice.states(of: id) == [.pending, .pending])
        // Its other device reads only now, and that is too late: for this, and for what told it of the phone.
        let tablet = try await room.connect("bob/tablet")
        #expect(tablet.story == ["gap expired 2"])
        try await bob.acknowledge()
        clock.advance(seconds: 6)
        try await room.settle()
        #expect(alice.undelivered.isEmpty && alice.receipts == [id])
        try await tablet.acknowledge()
        #expect(try await alice.states(of: id) == [.lost(.expired), .delivered])
        await room.shutdown()
    }

    /// It is looked at again, and what stands behind it does not wait for that.
    @Test(arguments: Backend.allCases, [nil, 60])
    func whatIsOnItsWayHoldsNothingUp(_ backend: Backend, ttl: Int?) async throws {
        let (room, clock) = try hall(backend)
        try await room.register("carol/phone")
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        // More than one stride of the search.
        var held: Set<MessageID> = []
        for number in 1...100 { held.insert(try await alice.ask(receiptFor: "\(number)", ttl: ttl)) }
        let behind = try await alice.ask(receiptFor: "behind", ttl: ttl, to: "carol")
        clock.advance(seconds: 3601)
        try await room.settle()
        #expect(alice.undelivered == [behind: .expired])
        try await bob.leave()
        clock.advance(seconds: 6)
        try await room.settle()
        #expect(Set(alice.undelivered.keys) == held.union([behind]))
        #expect(try await room.connect("bob/phone").story == ["gap expired 100"])
        await room.shutdown()
    }

    /// Also by a process that comes after the one that left it.
    @Test(arguments: Backend.allCases, [nil, 60])
    func whatWasOnItsWayIsFoundAfterARestart(_ backend: Backend, ttl: Int?) async throws {
        let (room, clock) = try hall(backend)
        _ = try await room.connect("bob/phone")
        let sender = try await room.connect("alice/laptop")
        let id = try await sender.ask(receiptFor: "held", ttl: ttl)
        clock.advance(seconds: 3601)
        try await room.settle()
        // Whoever looks has gone past it.
        clock.advance(seconds: 1)
        try await room.restart()
        let alice = try await room.connect("alice/laptop")
        try await room.settle()
        try await alice.drain()
        #expect(alice.undelivered == [id: .expired])
        #expect(try await room.connect("bob/phone").story == ["gap expired 1"])
        await room.shutdown()
    }

    /// A member that has left may still be given what was sent before.
    @Test(arguments: Backend.allCases)
    func aMemberThatHasLeftHoldsItToo(_ backend: Backend) async throws {
        let (room, clock) = try hall(backend)
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("club", "bob"))
        try await bob.drain()
        let id = try await alice.send(ttl: 60, to: .group("club"), receipt: true)
        _ = try await alice.ask(.remove("club", "bob"))
        clock.advance(seconds: 61)
        try await room.settle()
        #expect(alice.undelivered.isEmpty)
        try await bob.acknowledge()
        clock.advance(seconds: 6)
        try await room.settle()
        #expect(alice.undelivered.isEmpty && alice.receipts == [id])
        #expect(try await alice.states(of: id) == [.delivered])
        await room.shutdown()
    }

    private func hall(_ backend: Backend) throws -> (Mailroom, TestClock) {
        var limits = Limits()
        limits.timeToLive = 3600
        let clock = TestClock()
        return (try Mailroom(backend, limits: limits, clock: clock.clock), clock)
    }
}

extension Phone {
    /// Of which messages it was told that they have been received.
    var receipts: Set<MessageID> {
        inbox.reduce(into: []) { found, delivery in
            if case .receipt(_, _, let ids) = delivery.owed { found.formUnion(ids) }
        }
    }

    fileprivate func ask(receiptFor text: String, ttl: Int?, to user: String = "bob") async throws -> MessageID {
        guard let ttl else { return try await send(text, to: .user(user), receipt: true) }
        let submission = Submission(
            id: MessageID(at: room.clock.now()), to: .user(user), content: .payload(Array(text.utf8)),
            timeToLive: ttl, receipt: true)
        guard case .accepted = try await send(submission) else { throw Refusal(.unavailable, "not accepted") }
        return submission.id
    }
}
