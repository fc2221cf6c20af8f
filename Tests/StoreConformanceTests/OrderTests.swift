import RestanteCore
import RestanteStore
import Testing

/// Windows, long backlogs, and the sender's own messages among others' mail.
@Suite struct OrderTests {
    @Test(arguments: Backend.allCases, [3, 4, 5])
    func aWindowHoldsSoManyMessages(_ backend: Backend, waiting: Int) async throws {
        var limits = Limits()
        limits.windowMessages = 4
        let room = try Mailroom(backend, limits: limits)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        for number in 1...waiting { try await alice.send("\(number)", to: .user("bob")) }
        let bob = try await room.connect("bob/phone")
        #expect(bob.inbox.count == min(waiting, 4))
        // A full page may end exactly at the end of the mail; it is known to be the end only when there was room for more.
        #expect(bob.isBehind == (waiting > 4))
        try await bob.drain()
        #expect(bob.texts == (1...waiting).map(String.init))
        #expect(bob.isDrained)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases, [7, 8, 9])
    func aWindowHoldsSoManyBytes(_ backend: Backend, bytes: Int) async throws {
        var limits = Limits()
        limits.windowBytes = 16
        let room = try Mailroom(backend, limits: limits)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        for _ in 1...2 { try await alice.send(String(repeating: "x", count: bytes), to: .user("bob")) }
        let bob = try await room.connect("bob/phone")
        #expect(bob.inbox.count == (bytes <= 8 ? 2 : 1))
        try await bob.drain()
        #expect(bob.texts.count == 2)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aPageHoldsSoManyBytes(_ backend: Backend) async throws {
        var limits = Limits()
        limits.pageBytes = 10
        let room = try Mailroom(backend, limits: limits)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        for text in ["larger than a page", "12345", "67890", "x"] { try await alice.send(text, to: .user("bob")) }
        let bob = try await room.connect("bob/phone")
        #expect(bob.texts == ["larger than a page"])
        #expect(bob.isBehind)
        try await bob.read()
        #expect(bob.texts == ["larger than a page", "12345", "67890"])
        try await bob.read()
        #expect(bob.texts.last == "x" && !bob.isBehind)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aMessageLargerThanTheWindowGoesAlone(_ backend: Backend) async throws {
        var limits = Limits()
        limits.windowBytes = 4
        let room = try Mailroom(backend, limits: limits)
        let alice = try await room.connect("alice/laptop")
        let bob = try await room.connect("bob/phone")
        try await alice.send("live and larger", to: .user("bob"))
        #expect(bob.texts == ["live and larger"])
        try await alice.send("second", to: .user("bob"))
        #expect(bob.isBehind && bob.texts.count == 1)
        try await bob.drain()
        #expect(bob.texts == ["live and larger", "second"])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aSessionWhoseWindowIsFullReadsOnLater(_ backend: Backend) async throws {
        var limits = Limits()
        limits.windowMessages = 2
        let room = try Mailroom(backend, limits: limits)
        let alice = try await room.connect("alice/laptop")
        let bob = try await room.connect("bob/phone")
        for number in 1...5 { try await alice.send("\(number)", to: .user("bob")) }
        #expect(bob.texts == ["1", "2"])
        #expect(bob.isBehind)
        try await bob.drain()
        try await alice.send("6", to: .user("bob"))
        #expect(bob.texts == ["1", "2", "3", "4", "5", "6"])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aPausedSessionGetsNothingUntilItReads(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let alice = try await room.connect("alice/laptop")
        let bob = try await room.connect("bob/phone")
        try await bob.perform(.pause(bob.session))
        try await alice.send("1", to: .user("bob"))
        #expect(bob.texts == [])
        try await bob.read()
        #expect(bob.texts == ["1"])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func logsAreMergedInTheOrderOfTheirCommits(_ backend: Backend) async throws {
        var limits = Limits()
        limits.windowMessages = 7
        let room = try Mailroom(backend, limits: limits)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("one", "bob"))
        _ = try await alice.ask(.create("two", "bob"))
        let recipients: [Recipient] = [.group("one"), .user("bob"), .group("two"), .device("bob/phone")]
        let sent = (0..<40).map { "\($0)" }
        for (index, text) in sent.enumerated() { try await alice.send(text, to: recipients[index % 4]) }
        let bob = try await room.connect("bob/phone")
        try await bob.drain()
        #expect(bob.texts == sent)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aBacklogOfAHundredThousandComesInOrder(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let count = 100_000
        let now = StoreClock.wall.now()
        for start in stride(from: 0, to: count, by: 5000) {
            try await room.perform(
                (start..<start + 5000).map { number in
                    .send(
                        Submission(
                            id: MessageID(at: now), to: .user("bob"), content: .payload(Array("\(number)".utf8))),
                        from: .session(alice.session))
                })
        }
        let bob = try await room.claim("bob/phone")
        #expect(bob.claimed?.pending.messages == Int64(count))
        try await bob.drain()
        #expect(bob.texts.elementsEqual((0..<count).lazy.map { "\($0)" }))
        #expect(bob.isDrained)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aSenderAloneInTheMiddleOfUnreadMailOfOthers(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob"))
        try await alice.send("a1", to: .group("talk"))
        var bob = try await room.claim("bob/phone")
        try await bob.send("b1", to: .group("talk"))
        try await alice.send("a2", to: .group("talk"))
        try await bob.drain()
        #expect(bob.texts == ["a1", "a2"])
        #expect(alice.texts == ["b1"])
        try await bob.leave()
        bob = try await room.claim("bob/phone")
        #expect(bob.claimed?.pending.messages == 0)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func ownMessagesDoNotHoldTheLog(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        var alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob"))
        for number in 1...10 { try await alice.send("\(number)", to: .group("talk")) }
        try await alice.leave()
        alice = try await room.claim("alice/laptop")
        #expect(alice.claimed?.pending.messages == 0)
        await room.shutdown()
    }
}
