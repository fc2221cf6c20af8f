import RestanteCore
import RestanteStore
import Testing

/// Messages whose time is over: told as a gap in their place, never passed over.
@Suite(.timeLimit(.minutes(5))) struct ExpiryTests {
    @Test(arguments: Backend.allCases)
    func aRunOfExpiredMessagesIsOneGapInItsPlace(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        try await alice.send("first", to: .user("bob"))
        var expiring: [MessageID] = []
        for _ in 1...3 { expiring.append(try await alice.send(ttl: 60, to: .user("bob"))) }
        try await alice.send("last", to: .user("bob"))
        clock.advance(seconds: 61)
        let bob = try await room.connect("bob/phone")
        #expect(bob.story == ["first", "gap expired 3", "last"])
        #expect(try await alice.states(of: expiring[1]) == [.lost(.expired)])
        try await bob.acknowledge()
        #expect(bob.isDrained)
        #expect(try await alice.states(of: expiring[1]) == [.lost(.expired)])
        #expect(try await room.connect("bob/phone").inbox.isEmpty)
        await room.shutdown()
    }

    /// Whether the store has had the time to make a tombstone of it or not.
    @Test(arguments: Backend.allCases, [false, true])
    func whatIsPastItsTimeIsNotDelivered(_ backend: Backend, afterARestart: Bool) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        try await alice.send(ttl: 60, to: .user("bob"))
        clock.advance(seconds: 59)
        #expect(try await room.connect("bob/phone").texts == ["brief"])
        clock.advance(seconds: 1)
        if afterARestart { try await room.restart() }
        #expect(try await room.connect("bob/phone").story == ["gap expired 1"])
        await room.shutdown()
    }

    /// To its reader a group that was made again is one conversation with the one before, whose gap comes first.
    @Test(arguments: Backend.allCases)
    func aGapOfAGroupBeforeItWasMadeAgainComesFirst(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        let alice = try await room.connect("alice/laptop")
        let bob = try await room.connect("bob/phone")
        _ = try await bob.ask(.create("club", "alice"))
        for _ in 1...2 { try await alice.send(ttl: 60, to: .group("club")) }
        _ = try await bob.ask(.deleteGroup(GroupName(unchecked: "club")))
        _ = try await bob.ask(.create("club", "alice"))
        try await alice.send(ttl: 60, to: .group("club"))
        try await alice.send("news", to: .group("club"))
        clock.advance(seconds: 61)
        #expect(try await room.connect("bob/phone").story == ["gap expired 2", "gap expired 1", "news"])
        await room.shutdown()
    }

    /// A gap is owed as a message is: again and again, until it has been acknowledged.
    @Test(arguments: Backend.allCases)
    func aGapComesUntilItIsAcknowledged(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        try await alice.send(ttl: 60, to: .user("bob"))
        clock.advance(seconds: 61)
        for _ in 1...2 { #expect(try await room.connect("bob/phone").story == ["gap expired 1"]) }
        try await room.restart()
        let bob = try await room.connect("bob/phone")
        #expect(bob.story == ["gap expired 1"])
        #expect(bob.claimed?.pending.messages == 1)
        try await bob.acknowledge()
        try await room.restart()
        let again = try await room.connect("bob/phone")
        #expect(again.story == [] && again.isDrained && again.claimed?.pending.messages == 0)
        await room.shutdown()
    }

    /// Own messages behind expired ones do not move the cursor past a gap that was not acknowledged.
    @Test(arguments: Backend.allCases)
    func ownMessagesDoNotSwallowAGap(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("club", "bob"))
        try await bob.drain()
        try await alice.drain()
        try await alice.leave()
        try await bob.send(ttl: 60, to: .group("club"))
        clock.advance(seconds: 61)
        // Its own is behind the expired one in the same page.
        let again = try await room.claim("alice/laptop")
        try await again.send("own", to: .group("club"))
        try await again.read()
        #expect(again.story == ["gap expired 1"])
        try await again.leave()
        #expect(try await room.connect("alice/laptop").story == ["gap expired 1"])
        await room.shutdown()
    }

    /// More gaps than a window holds, in many logs, over rows that one page may not all look at.
    @Test(arguments: Backend.allCases)
    func manyGapsInSmallWindows(_ backend: Backend) async throws {
        var limits = Limits()
        (limits.windowMessages, limits.rowsPerPage) = (3, 5)
        let clock = TestClock()
        let room = try Mailroom(backend, limits: limits, clock: clock.clock)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        for number in 1...4 { _ = try await alice.ask(.create("club\(number)", "bob")) }
        let joined = try await room.connect("bob/phone")
        try await joined.drain()
        try await joined.leave()
        for round in 1...6 {
            for number in 1...4 { try await alice.send(ttl: 60, to: .group("club\(number)")) }
            if round == 3 { try await alice.send("middle", to: .group("club2")) }
        }
        clock.advance(seconds: 61)
        let bob = try await room.connect("bob/phone")
        #expect(bob.inbox.count == 3, "a gap takes a place in the window")
        try await bob.drain()
        let lost = bob.inbox.reduce(Int64(0)) {
            if case .gap(_, let count, .expired) = $1.owed { $0 + count } else { $0 }
        }
        #expect(lost == 24 && bob.texts == ["middle"] && bob.isDrained)
        await room.shutdown()
    }

    /// The sender, who asked, is told when nobody has it; not when somebody does.
    @Test(arguments: Backend.allCases)
    func theSenderIsToldWhatCameToNothing(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        try await room.register("bob/phone", "bob/tablet")
        let alice = try await room.connect("alice/laptop")
        let seen = try await alice.send(ttl: 60, to: .user("bob"), receipt: true)
        let phone = try await room.connect("bob/phone")
        try await phone.drain()
        try await phone.leave()
        let unseen = try await alice.send(ttl: 60, to: .user("bob"), receipt: true)
        let unasked = try await alice.send(ttl: 60, to: .user("bob"))
        clock.advance(seconds: 61)
        try await room.settle()
        #expect(alice.undelivered == [unseen: .expired])
        #expect(try await alice.states(of: seen) == [.delivered, .lost(.expired)])
        #expect(try await alice.states(of: unasked) == [.lost(.expired), .lost(.expired)])
        await room.shutdown()
    }

    /// One that is kept for a shorter time than those before it does not wait for them; a lowered setting changes nothing
    /// for what is there.
    @Test(arguments: Backend.allCases)
    func theUsualTimeCanBeLowered(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        try await room.register("bob/phone")
        var alice = try await room.connect("alice/laptop")
        try await alice.send("a month", to: .user("bob"))
        room.limits.timeToLive = 3600
        try await room.restart()
        alice = try await room.connect("alice/laptop")
        let hour = try await alice.send("an hour", to: .user("bob"))
        clock.advance(seconds: 3601)
        try await room.settle()
        #expect(try await alice.states(of: hour) == [.lost(.expired)])
        #expect(try await room.connect("bob/phone").story == ["a month", "gap expired 1"])
        clock.advance(seconds: 30 * 24 * 3600)
        try await room.settle()
        #expect(try await room.connect("bob/phone").story == ["gap expired 2"])
        await room.shutdown()
    }

    /// Many more than a slice holds.
    @Test(arguments: Backend.allCases)
    func thousandsExpireTogether(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        for ttl in [nil, 60] {
            try await room.perform(
                (0..<3000).map { _ in
                    let submission = Submission(
                        id: MessageID(at: clock.now), to: .user("bob"), content: .payload([1]), timeToLive: ttl)
                    return .send(submission, from: .session(alice.session))
                })
        }
        clock.advance(seconds: 31 * 24 * 3600)
        let bob = try await room.connect("bob/phone")
        try await bob.drain()
        let lost = bob.inbox.reduce(Int64(0)) {
            if case .gap(_, let count, .expired) = $1.owed { $0 + count } else { $0 }
        }
        #expect(lost == 6000 && bob.texts.isEmpty)
        await room.shutdown()
    }
}

extension Mailroom {
    /// Gives the store the time to do by itself what is due: it works between two commits.
    func settle() async throws {
        for _ in 1...20 { try await perform([]) }
    }
}

extension Phone {
    /// What was given, in order: texts, and gaps.
    var story: [String] {
        inbox.compactMap { delivery in
            switch delivery.owed {
            case .message(let message) where message.kind == .message: String(decoding: message.payload, as: UTF8.self)
            case .gap(_, let count, let reason): "gap \(reason.name) \(count)"
            default: nil
            }
        }
    }

    var undelivered: [MessageID: LossReason] {
        inbox.reduce(into: [:]) { found, delivery in
            guard case .undelivered(let ids, let reason) = delivery.owed else { return }
            for id in ids { found[id] = reason }
        }
    }

    @discardableResult
    func send(ttl: Int, to recipient: Recipient, receipt: Bool = false) async throws -> MessageID {
        let submission = Submission(
            id: MessageID(at: room.clock.now()), to: recipient, content: .payload(Array("brief".utf8)),
            timeToLive: ttl, receipt: receipt)
        guard case .accepted = try await send(submission) else { throw Refusal(.unavailable, "not accepted") }
        return submission.id
    }

    func states(of id: MessageID) async throws -> [DeliveryState] {
        guard case .status(let status) = try await ask(.status(id)) else { return [] }
        return status.devices.map(\.state)
    }
}
