import RestanteCore
import RestanteStore
import Testing

/// P4, and what a send can be refused for.
@Suite struct SendingTests {
    @Test(arguments: Backend.allCases)
    func sendingTwiceGivesTheFirstAnswerAndStoresNothing(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        var alice = try await room.connect("alice/laptop")
        let message = Submission.text("once", to: .user("bob"))
        // Twice in one batch, once in a later one, and once after a restart.
        let both = try await alice.perform(
            .send(message, from: .session(alice.session)), .send(message, from: .session(alice.session)))
        let outcomes = both.compactMap { if case .sent(_, let outcome, _) = $0 { outcome } else { nil } }
        guard case .accepted(let first, duplicate: false) = outcomes.first else { throw Unexpected() }
        #expect(outcomes.last == .accepted(at: first, duplicate: true))
        #expect(try await alice.send(message) == .accepted(at: first, duplicate: true))
        try await room.restart()
        alice = try await room.connect("alice/laptop")
        #expect(try await alice.send(message) == .accepted(at: first, duplicate: true))
        let bob = try await room.connect("bob/phone")
        #expect(bob.texts == ["once"])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func anIDStandsForOneRecipientAndPayload(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone", "carol/phone")
        let alice = try await room.connect("alice/laptop")
        let message = Submission.text("first", to: .user("bob"))
        try await alice.send(message)
        var other = message
        other.recipient = .user("carol")
        #expect(try await alice.send(other).code == .idConflict)
        other = message
        other.content = .payload(Array("second".utf8))
        #expect(try await alice.send(other).code == .idConflict)
        // Another device has an id space of its own.
        let carol = try await room.connect("carol/phone")
        #expect(try await carol.send(message).code == nil)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func whatWasAcceptedStaysSoWhenTheRecipientHasGone(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let message = Submission.text("hello", to: .user("bob"))
        try await alice.send(message)
        _ = try await room.ask(.deleteUser(UserName(unchecked: "bob"))).get()
        guard case .accepted(_, duplicate: true) = try await alice.send(message) else { throw Unexpected() }
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func badIDsAreRefused(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let now = StoreClock.wall.now()
        let day: Int64 = 24 * 3600 * 1000
        let cases: [(MessageID, ErrorCode?)] = [
            (MessageID(high: 0x0000_0000_0000_4000, low: 1 << 63), .badID), (MessageID(high: 0, low: 0), .badID),
            (MessageID(at: now + day + 60_000), .badID), (MessageID(at: now + day - 60_000), nil),
        ]
        for (id, code) in cases {
            #expect(try await alice.send(Submission(id: id, to: .user("bob"), content: .payload([]))).code == code)
        }
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func limitsOfPayloadAndTTL(_ backend: Backend) async throws {
        var limits = Limits()
        limits.messageBytes = 10
        limits.timeToLive = 100
        let room = try Mailroom(backend, limits: limits)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        for (bytes, code) in [(9, nil), (10, nil), (11, ErrorCode.tooLarge)] {
            let message = Submission.text(String(repeating: "x", count: bytes), to: .user("bob"))
            #expect(try await alice.send(message).code == code)
        }
        for (seconds, code) in [(0, ErrorCode.badTTL), (1, nil), (100, nil), (101, .badTTL)] {
            var message = Submission.text("x", to: .user("bob"))
            message.timeToLive = seconds
            #expect(try await alice.send(message).code == code)
        }
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func nobodyToOweItTo(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        for recipient in [Recipient.user("nobody"), .device("bob/tablet"), .device("nobody/x"), .user("alice")] {
            #expect(try await alice.send(.text("x", to: recipient)).code == .noDevices)
        }
        #expect(try await alice.send(.text("x", to: .group("nowhere"))).code == .notFound)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func sealedPartsMustBeTheLinkedDevices(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone", "bob/tablet")
        let alice = try await room.connect("alice/laptop")
        guard case .devices(let list) = try await alice.ask(.devices(of: UserName(unchecked: "bob"))) else {
            throw Unexpected()
        }
        #expect(list.devices.map(\.rawValue) == ["phone", "tablet"])
        let parts = ["phone", "tablet"].map { SealedPart(device: DeviceName(unchecked: $0), payload: Array($0.utf8)) }
        let extra = parts + [SealedPart(device: DeviceName(unchecked: "watch"), payload: [])]
        for (parts, version, missing, extra) in [
            (parts, list.version - 1, [], []), (Array(parts[..<1]), list.version, ["tablet"], []),
            (extra, list.version, [], ["watch"]),
        ] {
            let outcome = try await alice.send(
                Submission(
                    id: MessageID(at: StoreClock.wall.now()), to: .user("bob"),
                    content: .sealed(parts, devicesVersion: version)))
            guard case .rejected(let refusal) = outcome, let stale = refusal.stale else { throw Unexpected() }
            #expect(refusal.code == .staleDevices && stale.version == list.version)
            #expect(stale.missing.map(\.rawValue) == missing && stale.extra.map(\.rawValue) == extra)
        }
        let message = Submission(
            id: MessageID(at: StoreClock.wall.now()), to: .user("bob"),
            content: .sealed(parts, devicesVersion: list.version))
        #expect(try await alice.send(message).code == nil)
        guard case .accepted(_, duplicate: true) = try await alice.send(message) else { throw Unexpected() }
        for device in ["phone", "tablet"] {
            let bob = try await room.connect("bob/\(device)")
            #expect(bob.texts == [device])
        }
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func idsPastTheHorizonAreForgottenAndRefused(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        try await room.register("bob/phone")
        var alice = try await room.connect("alice/laptop")
        let message = Submission(id: MessageID(at: clock.now), to: .user("bob"), content: .payload([1]))
        try await alice.send(message)
        clock.advance(seconds: 8 * 24 * 3600)
        #expect(try await alice.send(message).code == nil)
        try await room.restart()
        alice = try await room.connect("alice/laptop")
        #expect(try await alice.send(message).code == .idTooOld)
        await room.shutdown()
    }
}

struct Unexpected: Error {}

extension SendOutcome {
    /// Nil: not rejected.
    var code: ErrorCode? { if case .rejected(let refusal) = self { refusal.code } else { nil } }
}
