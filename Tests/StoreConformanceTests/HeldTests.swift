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

    // MARK: Losses

    /// What is acknowledged after a membership has ended and begun again was not lost; the rest is counted exactly.
    @Test(arguments: Backend.allCases)
    func aGapForAMembershipLeavesOutWhatIsOnItsWay(_ backend: Backend) async throws {
        let (room, clock) = try hall(backend)
        let (alice, bob, sent) = try await rejoining(room)
        try await room.settle()
        #expect(try await alice.states(of: sent[1]) == [.pending])
        #expect(alice.undelivered == [sent[2]: .removed, sent[3]: .removed])
        try await bob.read()
        // Two texts, and the message that the membership has ended.
        #expect(bob.story == ["a", "b", "gap removed 3"])
        try await bob.acknowledge(through: bob.inbox.dropLast(2).last?.tag)
        try await bob.acknowledge()
        for (id, state) in zip(sent, [.delivered, .delivered, .lost(.removed), .lost(.removed)] as [DeliveryState]) {
            #expect(try await alice.states(of: id) == [state])
        }
        clock.advance(seconds: 6)
        try await room.settle()
        #expect(alice.receipts == Set(sent[..<2]))
        #expect(alice.undelivered == [sent[2]: .removed, sent[3]: .removed])
        #expect(try await room.connect("bob/phone").story.isEmpty)
        await room.shutdown()
    }

    /// A session that ends has lost what it did not acknowledge.
    @Test(arguments: Backend.allCases, [false, true])
    func whatWasOnItsWayIsLostWithTheSession(_ backend: Backend, afterARestart: Bool) async throws {
        let (room, clock) = try hall(backend)
        var (alice, bob, sent) = try await rejoining(room)
        try await bob.acknowledge(through: bob.inbox.first { $0.text == "a" }?.tag)
        if afterARestart {
            try await room.restart()
            alice = try await room.connect("alice/laptop")
        } else {
            try await bob.leave()
        }
        clock.advance(seconds: 6)
        try await room.settle()
        bob = try await room.connect("bob/phone")
        #expect(bob.story == ["gap removed 4"])
        try await bob.drain()
        try await alice.drain()
        #expect(alice.receipts == [sent[0]])
        #expect(alice.undelivered == Dictionary(uniqueKeysWithValues: sent[1...].map { ($0, .removed) }))
        for (id, state) in zip(sent, [.delivered, .lost(.removed)] as [DeliveryState]) {
            #expect(try await alice.states(of: id) == [state])
        }
        await room.shutdown()
    }

    /// A quota counts what the slow member was not sent, and not what it acknowledges afterwards.
    @Test(arguments: Backend.allCases, [2, 7, 12])
    func aQuotaLeavesOutWhatIsOnItsWay(_ backend: Backend, given: Int) async throws {
        var limits = Limits()
        limits.mailboxMessages = 8
        let room = try Mailroom(backend, limits: limits)
        let slow = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("club", "bob"))
        try await slow.drain()
        var sent: [MessageID] = []
        for number in 1...20 {
            if number == given + 1 { try await slow.perform(.pause(slow.session)) }
            sent.append(try await alice.send("\(number)", to: .group("club"), receipt: true))
            try await slow.readIfBehind(until: given)
        }
        #expect(slow.texts == (1...given).map { "\($0)" })
        try await slow.read()
        try await slow.drain()
        try await room.settle()
        let lost = slow.story.compactMap { $0.hasPrefix("gap quota ") ? Int($0.dropFirst(10)) : nil }.reduce(0, +)
        #expect(lost + slow.texts.count == 20 && slow.texts.last == "20" && (lost > 0) == (given < 12))
        for (number, id) in sent.enumerated() {
            let wasGiven = slow.texts.contains("\(number + 1)")
            #expect(try await alice.states(of: id) == [wasGiven ? .delivered : .lost(.quota)], "\(number + 1)")
            #expect(alice.receipts.contains(id) == wasGiven)
        }
        #expect(try await room.connect("bob/phone").story.isEmpty)
        await room.shutdown()
    }

    /// A device that a quota has moved past a message has not received it: the first that has is told of.
    @Test(arguments: Backend.allCases)
    func whatAQuotaTookFromAnotherDeviceIsReceivedByTheFirstThatHasIt(_ backend: Backend) async throws {
        var limits = Limits()
        limits.mailboxMessages = 8
        let room = try Mailroom(backend, limits: limits)
        try await room.connect("bob/tablet").leave()
        let phone = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("club", "bob"))
        try await phone.drain()
        var sent: [MessageID] = []
        for number in 1...20 { sent.append(try await alice.send("\(number)", to: .group("club"), receipt: true)) }
        try await phone.read()
        try await phone.drain()
        try await room.settle()
        let got = Set(zip(sent, 1...).filter { phone.texts.contains("\($1)") }.map(\.0))
        #expect(got.count >= 8 && alice.receipts == got)
        await room.shutdown()
    }

    /// Bob has a and b and has acknowledged neither; c and d came while it read nothing; then it was removed and added.
    private func rejoining(_ room: Mailroom) async throws -> (alice: Phone, bob: Phone, sent: [MessageID]) {
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("club", "bob"))
        try await bob.drain()
        var sent: [MessageID] = []
        for text in ["a", "b", "c", "d"] {
            if text == "c" { try await bob.perform(.pause(bob.session)) }
            sent.append(try await alice.send(text, to: .group("club"), receipt: true))
        }
        _ = try await alice.ask(.remove("club", "bob"))
        _ = try await alice.ask(.add("club", "bob"))
        return (alice, bob, sent)
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

    /// A quota has moved its place, and it reads on; not once it is to read no more.
    fileprivate func readIfBehind(until given: Int) async throws {
        if isBehind, texts.count < given { try await read() }
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

extension Delivery {
    fileprivate var text: String? {
        if case .message(let message) = owed { String(decoding: message.payload, as: UTF8.self) } else { nil }
    }
}
