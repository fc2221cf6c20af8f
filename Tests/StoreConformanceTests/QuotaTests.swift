import RestanteCore
import RestanteStore
import Testing

/// What may wait for a device: one that is dead never blocks the others, and nothing is lost without a gap.
@Suite(.timeLimit(.minutes(5))) struct QuotaTests {
    private static var small: Limits {
        var limits = Limits()
        limits.mailboxMessages = 8
        return limits
    }

    @Test(arguments: Backend.allCases)
    func aDeadDeviceLosesItsOldestAndThePhoneNothing(_ backend: Backend) async throws {
        let room = try Mailroom(backend, limits: Self.small)
        try await room.register("bob/laptop")
        var phone = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        for number in 1...12 {
            try await alice.send("\(number)", to: .user("bob"))
            try await phone.drain()
        }
        #expect(phone.texts == (1...12).map { "\($0)" })
        // The laptop is also told that the phone was linked: 13 messages, of which the last 6 to 8 are left.
        let laptop = try await room.connect("bob/laptop")
        #expect(laptop.story.first == "gap quota 6" && laptop.texts == (6...12).map { "\($0)" })
        try await laptop.drain()
        #expect(laptop.isDrained)
        phone = try await room.connect("bob/phone")
        #expect(phone.story.isEmpty)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func theSenderIsRefusedWhenEveryDeviceIsFull(_ backend: Backend) async throws {
        let room = try Mailroom(backend, limits: Self.small)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        var ids: [MessageID] = []
        for number in 1...8 { ids.append(try await alice.send("\(number)", to: .user("bob"))) }
        #expect(try await refusal { try await alice.send("9", to: .user("bob")) } == .mailboxFull)
        // What was accepted stays accepted.
        let again = Submission(id: ids[0], to: .user("bob"), content: .payload(Array("1".utf8)))
        guard case .accepted(_, duplicate: true) = try await alice.send(again) else { throw Unexpected() }
        let bob = try await room.connect("bob/phone")
        try await bob.drain()
        #expect(bob.story == (1...8).map { "\($0)" })
        try await alice.send("9", to: .user("bob"))
        #expect(bob.texts.last == "9")
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func bytesCountAsMessagesDo(_ backend: Backend) async throws {
        var limits = Limits()
        limits.mailboxBytes = 1000
        let room = try Mailroom(backend, limits: limits)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let text = String(repeating: "x", count: 400)
        for _ in 1...2 { try await alice.send(text, to: .user("bob")) }
        #expect(try await refusal { try await alice.send(text, to: .user("bob")) } == .mailboxFull)
        try await alice.send("short", to: .user("bob"))
        await room.shutdown()
    }

    /// A group takes it, whoever is behind; the slow member loses its oldest, while it is connected, too.
    @Test(arguments: Backend.allCases)
    func aSlowMemberDoesNotBlockTheGroup(_ backend: Backend) async throws {
        let room = try Mailroom(backend, limits: Self.small)
        let slow = try await room.connect("bob/phone")
        let quick = try await room.connect("carol/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("club", "bob", "carol"))
        try await slow.drain()
        try await slow.perform(.pause(slow.session))
        for number in 1...20 {
            try await alice.send("\(number)", to: .group("club"))
            try await quick.acknowledge()
        }
        #expect(quick.texts == (1...20).map { "\($0)" })
        try await slow.read()
        try await slow.drain()
        let gaps = slow.story.filter { $0.hasPrefix("gap quota") }
        let lost = gaps.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }.reduce(0, +)
        #expect(lost + slow.texts.count == 20 && slow.texts.last == "20" && !gaps.isEmpty)
        #expect(slow.texts == (lost + 1...20).map { "\($0)" })
        await room.shutdown()
    }

    /// It is not behind in what it has sent itself.
    @Test(arguments: Backend.allCases)
    func aSenderLosesNothingOfItsOwn(_ backend: Backend) async throws {
        var limits = Limits()
        // A quarter of it is more than is looked at one by one when a gap is counted.
        limits.mailboxMessages = 1200
        let room = try Mailroom(backend, limits: limits)
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("club", "bob"))
        for _ in 1...8 {
            let sends = (1...200).map { _ in
                StoreCommand.send(
                    Submission(id: MessageID(at: room.clock.now()), to: .group("club"), content: .payload([1])),
                    from: .session(alice.session))
            }
            try await room.perform(sends)
            try await bob.drain()
        }
        #expect(bob.texts.count == 1600)
        #expect(alice.story.isEmpty && !alice.isBehind, "\(alice.story)")
        await room.shutdown()
    }

    /// Of a sealed send each device has a log of its own: one that is full does not refuse the whole.
    @Test(arguments: Backend.allCases)
    func aDeadDeviceDoesNotBlockSealedSends(_ backend: Backend) async throws {
        let room = try Mailroom(backend, limits: Self.small)
        try await room.register("bob/laptop")
        let phone = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        guard case .devices(let list) = try await alice.ask(.devices(of: UserName(unchecked: "bob"))) else {
            throw Unexpected()
        }
        for number in 1...10 {
            let parts = list.devices.map { SealedPart(device: $0, payload: Array("\(number)".utf8)) }
            let outcome = try await alice.send(
                Submission(
                    id: MessageID(at: room.clock.now()), to: .user("bob"),
                    content: .sealed(parts, devicesVersion: list.version)))
            guard case .accepted = outcome else { throw Unexpected() }
            try await phone.acknowledge()
        }
        #expect(phone.texts.count == 10)
        let laptop = try await room.connect("bob/laptop")
        #expect(laptop.story == ["gap quota 3"] + (4...10).map { "\($0)" })
        await room.shutdown()
    }

    /// The whole database: nothing more is taken in, and everything else goes on, which makes room again.
    @Test(arguments: Backend.allCases)
    func aFullDatabaseTakesNothingInUntilItHasRoom(_ backend: Backend) async throws {
        var limits = Limits()
        limits.databaseBytes = 2 << 20
        let room = try Mailroom(backend, limits: limits)
        let alice = try await room.connect("alice/laptop")
        try await room.register("bob/phone")
        let text = String(repeating: "x", count: 100_000)
        var accepted = 0
        let code = try await refusal {
            while accepted < 100 {
                try await alice.send(text, to: .user("bob"))
                accepted += 1
            }
        }
        #expect(code == .storageFull && accepted > 10)
        #expect(try await refusal { _ = try await room.claim("carol/phone") } == .storageFull)
        #expect(try await refusal { _ = try await alice.ask(.create("club", "bob")) } == .storageFull)
        let bob = try await room.connect("bob/phone")
        try await bob.drain()
        #expect(bob.texts.count == accepted)
        try await room.restart()
        let again = try await room.connect("alice/laptop")
        try await room.settle()
        try await again.send("there is room", to: .user("bob"))
        await room.shutdown()
    }

    /// A device that is not known yet would make the file grow; one that is known comes and drains, which makes room.
    @Test(arguments: Backend.allCases)
    func aNewDeviceWaitsForRoom(_ backend: Backend) async throws {
        var limits = Limits()
        limits.databaseBytes = 2 << 20
        let room = try Mailroom(backend, limits: limits)
        try await room.register("bob/phone", "bob/tablet")
        let alice = try await room.connect("alice/laptop")
        let text = String(repeating: "x", count: 100_000)
        _ = try await refusal { for _ in 1...100 { try await alice.send(text, to: .user("bob")) } }
        for new in ["carol/phone", "bob/watch"] {
            let refused = await #expect(throws: Refusal.self) { _ = try await room.claim(new) }
            #expect(refused?.code == .storageFull && refused?.retryAfter == 60)
        }
        // It left nothing behind: the user is not there, and nobody is told of the device.
        #expect(try await refusal { try await alice.send("you there?", to: .user("carol")) } != .storageFull)
        for known in ["bob/phone", "bob/tablet"] {
            let bob = try await room.connect(known)
            try await bob.drain()
            #expect(bob.isDrained && !bob.messages.contains { $0.kind == .devices && $0.text.contains("watch") })
        }
        try await room.restart()
        try await room.settle()
        let carol = try await room.connect("carol/phone")
        #expect(carol.claimed != nil)
        await room.shutdown()
    }

    /// `id_too_old` means exactly an id below `ids_from`, however it rose.
    @Test(arguments: Backend.allCases)
    func moreIDsThanAreRememberedAreTooOldNotNew(_ backend: Backend) async throws {
        var limits = Limits()
        limits.dedupeRows = 10
        let clock = TestClock()
        let room = try Mailroom(backend, limits: limits, clock: clock.clock)
        let bob = try await room.connect("bob/phone")
        var alice = try await room.connect("alice/laptop")
        var ids: [MessageID] = []
        for number in 1...30 {
            clock.advance(seconds: 1)
            ids.append(try await alice.send("\(number)", to: .user("bob")))
        }
        try await bob.drain()
        // The limit is looked at once a minute and at the start.
        try await room.restart()
        alice = try await room.connect("alice/laptop")
        for (number, id) in ids.enumerated() {
            let outcome = try await alice.send(
                Submission(id: id, to: .user("bob"), content: .payload(Array("\(number + 1)".utf8))))
            switch outcome {
            case .accepted(_, duplicate: true): #expect(number >= 20)
            case .rejected(let refusal): #expect(refusal.code == .idTooOld && number < 20)
            default: Issue.record("\(number + 1) was stored twice")
            }
        }
        await room.shutdown()
    }
}

extension Message {
    fileprivate var text: String { String(decoding: payload, as: UTF8.self) }
}
