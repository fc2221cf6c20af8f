import RestanteCore
import RestanteStore
import Testing

/// Tokens that count no more: by user, device and service, from one commit on.
@Suite(.timeLimit(.minutes(5))) struct RevocationTests {
    let clock = TestClock()
    var second: Int64 { clock.now / 1000 }

    static let owners: [TokenOwner] = [
        .user(UserName(unchecked: "bob")), .device(Mailroom.address("bob/phone")),
    ]

    @Test(arguments: Backend.allCases, owners)
    func sessionsEndAndOnlyLaterTokensCount(_ backend: Backend, _ owner: TokenOwner) async throws {
        let room = try Mailroom(backend, clock: clock.clock)
        let phone = try await room.connect("bob/phone", issuedAt: second - 10)
        let alice = try await room.connect("alice/laptop", issuedAt: second)
        _ = try await room.ask(.revoke(owner)).get()
        #expect(phone.end == .revoked && alice.end == nil)
        #expect(try await room.sessions(of: "bob").isEmpty)
        for issuedAt in [second - 10, second] {
            let code = try await refusal { _ = try await room.connect("bob/phone", issuedAt: issuedAt) }
            #expect(code == .invalidToken)
        }
        _ = try await room.connect("bob/phone", issuedAt: second + 1)
        await room.shutdown()
    }

    /// Unlike unlinking: what waits is still there, and nobody is told of another device.
    @Test(arguments: Backend.allCases)
    func theDeviceAndItsMailStay(_ backend: Backend) async throws {
        let room = try Mailroom(backend, clock: clock.clock)
        _ = try await room.connect("bob/phone", issuedAt: second)
        let alice = try await room.connect("alice/laptop", issuedAt: second)
        try await alice.send("before", to: .user("bob"))
        _ = try await room.ask(.revoke(.user(UserName(unchecked: "bob")))).get()
        try await alice.send("after", to: .user("bob"))
        let again = try await room.connect("bob/phone", issuedAt: second + 1)
        #expect(again.messages.map(\.kind) == [.message, .message] && again.texts == ["before", "after"])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func itSurvivesARestart(_ backend: Backend) async throws {
        let room = try Mailroom(backend, clock: clock.clock)
        try await room.register("bob/phone")
        _ = try await room.ask(.revoke(.device(Mailroom.address("bob/phone")))).get()
        try await room.restart()
        let code = try await refusal { _ = try await room.connect("bob/phone", issuedAt: second) }
        #expect(code == .invalidToken)
        // The user's other devices are not meant.
        _ = try await room.connect("bob/tablet", issuedAt: second)
        await room.shutdown()
    }

    /// A device that has never connected may have a token that was stolen.
    @Test(arguments: Backend.allCases)
    func whatIsNotThereYetCanBeRevoked(_ backend: Backend) async throws {
        let room = try Mailroom(backend, clock: clock.clock)
        _ = try await room.ask(.revoke(.user(UserName(unchecked: "bob")))).get()
        let code = try await refusal { _ = try await room.connect("bob/phone", issuedAt: second) }
        #expect(code == .invalidToken)
        await room.shutdown()
    }

    /// The issuer's clock is ahead of ours: the token that the session was opened with is from our future.
    @Test(arguments: Backend.allCases)
    func aTokenOfAnIssuerThatIsAheadIsRevokedWithItsSession(_ backend: Backend) async throws {
        let room = try Mailroom(backend, clock: clock.clock)
        _ = try await room.connect("bob/phone", issuedAt: second + 30)
        _ = try await room.ask(.revoke(.user(UserName(unchecked: "bob")))).get()
        let code = try await refusal { _ = try await room.connect("bob/phone", issuedAt: second + 30) }
        #expect(code == .invalidToken)
        _ = try await room.connect("bob/phone", issuedAt: second + 31)
        await room.shutdown()
    }

    /// What the session said before is carried out, what comes after the revocation is not.
    @Test(arguments: Backend.allCases)
    func itTakesItsPlaceInTheOrderOfCommands(_ backend: Backend) async throws {
        let room = try Mailroom(backend, clock: clock.clock)
        let bob = try await room.connect("bob/phone", issuedAt: second)
        let sends = (0..<2).map { _ in
            StoreCommand.send(
                Submission(id: MessageID(at: clock.now), to: .user("alice"), content: .payload([1])),
                from: .session(bob.session))
        }
        try await room.register("alice/laptop")
        let revoke = StoreCommand.request(.revoke(.user(bob.address.user)), id: 9, from: .operators(CallID(99)))
        let events = try await room.perform([sends[0], revoke, sends[1]])
        let answered = events.filter { if case .sent = $0 { true } else { false } }
        #expect(answered.count == 1 && bob.end == .revoked)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aServicesTokensCanBeRevoked(_ backend: Backend) async throws {
        let room = try Mailroom(backend, clock: clock.clock)
        try await room.register("bob/phone")
        let news = ServiceName(unchecked: "news")
        func send(issuedAt: Int64, as name: ServiceName = news) async throws -> ErrorCode? {
            let message = Submission(id: MessageID(at: clock.now), to: .user("bob"), content: .payload([1]))
            let events = try await room.perform([.send(message, from: .service(CallID(7), name, issuedAt: issuedAt))])
            for case .sent(_, .rejected(let refusal), _) in events { return refusal.code }
            return nil
        }
        let old = second
        #expect(try await send(issuedAt: old) == nil)
        _ = try await room.ask(.revoke(.service(news))).get()
        #expect(try await send(issuedAt: old) == .invalidToken)
        #expect(try await send(issuedAt: old + 1) == nil)
        #expect(try await send(issuedAt: old, as: ServiceName(unchecked: "bob")) == nil)
        try await room.restart()
        #expect(try await send(issuedAt: old) == .invalidToken)
        await room.shutdown()
    }

    /// What the gateway has verified is still measured against what was revoked meanwhile.
    @Test(arguments: Backend.allCases)
    func aSessionDoesNotGoOnWithARevokedToken(_ backend: Backend) async throws {
        let room = try Mailroom(backend, clock: clock.clock)
        let bob = try await room.connect("bob/phone", issuedAt: second - 10)
        _ = try await room.ask(.revoke(.user(bob.address.user))).get()
        let again = try await room.connect("bob/phone", issuedAt: second + 1)
        let code = try await refusal { _ = try await again.ask(.refresh(issuedAt: second, expiresAt: 5)) }
        #expect(code == .invalidToken && again.end == nil)
        #expect(try await again.ask(.refresh(issuedAt: second + 9, expiresAt: 5)) == .refreshed(expiresAt: 5))
        // The last token is the one that a revocation must cover.
        _ = try await room.ask(.revoke(.user(bob.address.user))).get()
        #expect(again.end == .revoked)
        let late = try await refusal { _ = try await room.connect("bob/phone", issuedAt: second + 9) }
        #expect(late == .invalidToken)
        await room.shutdown()
    }

    /// Only whoever runs the server may.
    @Test(arguments: Backend.allCases)
    func aDeviceMayNotRevoke(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let code = try await refusal { _ = try await bob.ask(.revoke(.user(bob.address.user))) }
        #expect(code == .notAllowed && bob.end == nil)
        await room.shutdown()
    }
}

extension Mailroom {
    func sessions(of user: String) async throws -> [SessionLocation] {
        try await store.sessions(of: UserName(unchecked: user))
    }
}
