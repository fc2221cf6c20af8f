import RestanteCore
import RestanteStore
import Testing

/// The app's backend acts for others, as an admin of every group, and is seen to.
@Suite(.timeLimit(.minutes(5))) struct ServiceTests {
    private static let backend = ServiceName(unchecked: "backend")
    private static let origin = Origin.service(CallID(5), backend, issuedAt: 1)
    private static let club = GroupName(unchecked: "club")

    private func ask(_ room: Mailroom, _ request: Request) async throws -> Reply {
        for case .replied(let result, 3, Self.origin) in try await room.perform([
            .request(request, id: 3, from: Self.origin)
        ]) {
            return try result.get()
        }
        throw Unexpected()
    }

    private func names(_ names: String...) -> [UserName] { names.map(UserName.init(unchecked:)) }

    @Test(arguments: Backend.allCases)
    func itMakesAndChangesAGroupThatItIsNotIn(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let alice = try await room.connect("alice/laptop")
        let bob = try await room.connect("bob/phone")
        try await room.register("carol/phone")
        let create = Request.createGroup(Self.club, members: names("bob"), admin: alice.address.user)
        #expect(try await ask(room, create) == .groupVersion(1))
        #expect(try await ask(room, create) == .groupVersion(1))
        #expect(try await ask(room, .addMembers(Self.club, names("carol"))) == .groupVersion(2))
        #expect(try await ask(room, .setRole(Self.club, names("bob")[0], .admin)) == .groupVersion(3))
        guard case .group(let info) = try await ask(room, .groupInfo(Self.club)) else { throw Unexpected() }
        #expect(info.members.map { "\($0.user) \($0.role)" } == ["alice admin", "bob admin", "carol member"])
        #expect(
            try await ask(room, .groups(of: names("carol")[0]))
                == .groups([
                    GroupSummary(name: Self.club, version: 3, role: .member, memberCount: 3)
                ]))
        #expect(bob.messages.map(\.kind) == [.membership, .membership, .membership])
        #expect(bob.messages.allSatisfy { $0.from == .service(Self.backend) })
        // As the system, to a group of which it is no member.
        try await room.perform([.send(.text("hello all", to: .group("club")), from: Self.origin)])
        #expect(alice.messages.last?.from == .service(Self.backend) && alice.texts == ["hello all"])
        #expect(try await ask(room, .deleteGroup(Self.club)) == .done)
        let gone = try await refusal { _ = try await ask(room, .groupInfo(Self.club)) }
        #expect(gone == .notFound)
        await room.shutdown()
    }

    /// It may remove whom a member could not: then there is another admin, or the group ends.
    @Test(arguments: Backend.allCases)
    func removingTheLastAdminPromotesAnother(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let alice = try await room.connect("alice/laptop")
        let bob = try await room.connect("bob/phone")
        _ = try await alice.ask(.create("club", "bob"))
        _ = try await ask(room, .removeMembers(Self.club, names("alice")))
        #expect(
            bob.messages.last.map { String(decoding: $0.payload, as: UTF8.self) }
                == #"{"change":"removed","promoted":"bob","users":["alice"],"version":2}"#)
        guard case .group(let info) = try await bob.ask(.info("club")) else { throw Unexpected() }
        #expect(info.members.map(\.role) == [.admin])
        _ = try await ask(room, .removeMembers(Self.club, names("bob")))
        let gone = try await refusal { _ = try await ask(room, .groupInfo(Self.club)) }
        #expect(gone == .notFound)
        // The name is free again.
        _ = try await bob.ask(.create("club"))
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func itEndsDevicesUsersAndTokensOfOthers(_ backend: Backend) async throws {
        let clock = TestClock()
        let room = try Mailroom(backend, clock: clock.clock)
        let issuedAt = clock.now / 1000
        let bob = try await room.connect("bob/phone", issuedAt: issuedAt)
        let tablet = try await room.connect("bob/tablet", issuedAt: issuedAt)
        let alice = try await room.connect("alice/laptop", issuedAt: issuedAt)
        #expect(try await ask(room, .unlink(bob.address)) == .done)
        #expect(bob.end == .unlinked && tablet.messages.last?.from == .service(Self.backend))
        guard case .devices(let list) = try await ask(room, .devices(of: bob.address.user)) else { throw Unexpected() }
        #expect(list.devices.map(\.rawValue) == ["tablet"])
        _ = try await ask(room, .revoke(.user(alice.address.user)))
        #expect(alice.end == .revoked)
        #expect(try await ask(room, .deleteUser(bob.address.user)) == .done)
        #expect(tablet.end == .unlinked)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func itFollowsItsOwnMessages(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let message = Submission.text("invoice", to: .user("bob"))
        try await room.perform([.send(message, from: Self.origin)])
        guard case .status(let status) = try await ask(room, .status(message.id)) else { throw Unexpected() }
        #expect(status.devices.map(\.state) == [.pending])
        #expect(try await ask(room, .cancel(message.id)) == .done)
        #expect(try await room.connect("bob/phone").texts.isEmpty)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aDeviceActsForNobodyElse(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let bob = UserName(unchecked: "bob")
        for request: Request in [
            .createGroup(Self.club, members: [], admin: bob), .groups(of: bob), .deleteUser(bob), .revoke(.user(bob)),
        ] {
            let code = try await refusal { _ = try await alice.ask(request) }
            #expect(code == .notAllowed, "\(request)")
        }
        await room.shutdown()
    }
}
