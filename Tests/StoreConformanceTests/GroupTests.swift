import Foundation
import RestanteCore
import RestanteStore
import Testing

/// Groups: one row a message, membership in the order of the log.
@Suite struct GroupTests {
    @Test(arguments: Backend.allCases)
    func membersGetWhatWasSentWhileTheyWereIn(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone", "carol/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob"))
        try await alice.send("before", to: .group("talk"))
        _ = try await alice.ask(.add("talk", "carol"))
        try await alice.send("with carol", to: .group("talk"))
        _ = try await alice.ask(.remove("talk", "carol"))
        try await alice.send("after", to: .group("talk"))
        let carol = try await room.connect("carol/phone")
        #expect(carol.texts == ["with carol"])
        #expect(try carol.changes() == ["added carol 2", "removed carol 3"])
        try await carol.drain()
        let bob = try await room.connect("bob/phone")
        #expect(bob.texts == ["before", "with carol", "after"])
        #expect(try bob.changes() == ["created alice,bob 1", "added carol 2", "removed carol 3"])
        #expect(try await carol.send(.text("x", to: .group("talk"))).code == .notFound)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func joiningAgainEndsTheRemainderWithAGap(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob"))
        try await alice.send("first time", to: .group("talk"))
        _ = try await alice.ask(.remove("talk", "bob"))
        try await alice.send("between", to: .group("talk"))
        _ = try await alice.ask(.add("talk", "bob"))
        try await alice.send("second time", to: .group("talk"))
        var bob = try await room.connect("bob/phone")
        #expect(bob.texts == ["second time"])
        // "created", "first time" and "removed" were owed.
        #expect(bob.inbox.first?.owed == .gap(.group("talk"), count: 3, reason: .removed))
        try await bob.drain()
        bob = try await room.connect("bob/phone")
        #expect(bob.inbox.isEmpty)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aLiveMemberSeesItselfRemovedAndNothingAfter(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let alice = try await room.connect("alice/laptop")
        let bob = try await room.connect("bob/phone")
        _ = try await alice.ask(.create("talk", "bob"))
        try await alice.perform(
            .send(.text("in", to: .group("talk")), from: .session(alice.session)),
            .request(.remove("talk", "bob"), id: 99, from: .session(alice.session)),
            .send(.text("out", to: .group("talk")), from: .session(alice.session)))
        #expect(bob.texts == ["in"])
        #expect(try bob.changes() == ["created alice,bob 1", "removed bob 2"])
        try await bob.drain()
        _ = try await alice.ask(.add("talk", "bob"))
        try await alice.send("back", to: .group("talk"))
        #expect(bob.texts == ["in", "back"])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func leavingAndTheLastAdmin(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let carol = try await room.connect("carol/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "carol"))
        _ = try await alice.ask(.add("talk", "bob"))
        _ = try await alice.ask(.leave("talk"))
        guard case .group(let info) = try await bob.ask(.info("talk")) else { throw Unexpected() }
        #expect(info.members.map(\.user.rawValue) == ["carol", "bob"])
        #expect(info.members.map(\.role) == [.admin, .member])
        #expect(info.version == 3)
        #expect(try await refusal { _ = try await alice.ask(.info("talk")) } == .notFound)
        _ = try await carol.ask(.leave("talk"))
        _ = try await bob.ask(.leave("talk"))
        // The group is gone, and its name is free; versions go on, so that nobody takes the new group for the old.
        guard case .groupVersion(6) = try await carol.ask(.create("talk")) else { throw Unexpected() }
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func onlyAdminsChangeAGroup(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let talk = GroupName(unchecked: "talk")
        let (aliceName, bobName) = (UserName(unchecked: "alice"), UserName(unchecked: "bob"))
        _ = try await alice.ask(.create("talk", "bob"))
        for request in [Request.add("talk", "alice"), .remove("talk", "alice"), .deleteGroup(talk)] {
            #expect(try await refusal { _ = try await bob.ask(request) } == .notAllowed)
        }
        #expect(try await refusal { _ = try await alice.ask(.setRole(talk, aliceName, .member)) } == .badRequest)
        _ = try await alice.ask(.setRole(talk, bobName, .admin))
        _ = try await bob.ask(.setRole(talk, aliceName, .member))
        _ = try await bob.ask(.deleteGroup(talk))
        #expect(try alice.changes().last == "deleted alice,bob 4")
        #expect(try await refusal { _ = try await alice.ask(.info("talk")) } == .notFound)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aDeletedGroupsMailIsStillDelivered(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob"))
        try await alice.send("last words", to: .group("talk"))
        _ = try await alice.ask(.deleteGroup(GroupName(unchecked: "talk")))
        let bob = try await room.connect("bob/phone")
        #expect(bob.texts == ["last words"])
        try await bob.drain()
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func aStaleVersionListsMembersAndDevices(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        try await room.register("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob"))
        // Linking a device raises the group's version: without it senders would not encrypt for the new device.
        try await room.register("bob/tablet")
        var message = Submission.text("x", to: .group("talk"))
        message.groupVersion = 1
        guard case .rejected(let refusal) = try await alice.send(message) else { throw Unexpected() }
        #expect(refusal.code == .staleGroup)
        #expect(refusal.stale?.version == 2)
        let devices = refusal.stale?.members.map { "\($0.user): \($0.devices.map(\.rawValue))" }
        #expect(devices == ["alice: [\"laptop\"]", "bob: [\"phone\", \"tablet\"]"])
        message.groupVersion = 2
        #expect(try await alice.send(message).code == nil)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func creatingTwiceIsHarmlessAndANameIsTakenOnce(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await alice.ask(.create("talk", "bob"))
        #expect(try await alice.ask(.create("talk", "bob")) == .groupVersion(1))
        #expect(try await refusal { _ = try await bob.ask(.create("talk")) } == .groupExists)
        #expect(try await refusal { _ = try await bob.ask(.create("x", "nobody")) } == .notFound)
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func limitsOfMembersAndGroups(_ backend: Backend) async throws {
        var limits = Limits()
        limits.groupMembers = 2
        limits.groupsPerUser = 2
        let room = try Mailroom(backend, limits: limits)
        try await room.register("bob/phone", "carol/phone")
        let alice = try await room.connect("alice/laptop")
        #expect(try await refusal { _ = try await alice.ask(.create("a", "bob", "carol")) } == .groupFull)
        _ = try await alice.ask(.create("a", "bob"))
        #expect(try await refusal { _ = try await alice.ask(.add("a", "carol")) } == .groupFull)
        _ = try await alice.ask(.create("b"))
        #expect(try await refusal { _ = try await alice.ask(.create("c")) } == .tooManyGroups)
        guard case .groups(let list) = try await alice.ask(.listGroups) else { throw Unexpected() }
        #expect(list.map(\.name.rawValue) == ["a", "b"] && list.map(\.memberCount) == [2, 1])
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases)
    func namesAreJustNames(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let names = ["Ὀδυσσεύς", "👩🏽‍🚀", "e\u{301}", "\u{e9}", "'; DROP TABLE messages; --", "a\"b", "%_", "\n", "a/b"]
        let alice = try await room.connect("alice/laptop")
        for name in names { try await room.register("\(name)/phone".replacing("a/b/", with: "ab/")) }
        _ = try await alice.ask(.createGroup(GroupName(unchecked: names[4]), members: [UserName(unchecked: names[1])]))
        try await alice.send("to the group", to: .group(names[4]))
        for name in names.dropLast() {
            try await alice.send(name, to: .user(name))
            let reader = try await room.connect("\(name)/phone")
            #expect(reader.texts.last == name)
        }
        // Composed and combining forms are two users: names are compared byte by byte.
        guard case .devices(let list) = try await alice.ask(.devices(of: UserName(unchecked: "e\u{301}"))) else {
            throw Unexpected()
        }
        #expect(list.devices.count == 1)
        await room.shutdown()
    }
}

extension Phone {
    /// The membership messages it got, as "change users version".
    func changes() throws -> [String] {
        try messages.filter { $0.kind == .membership }.map { message in
            let change = try JSONDecoder().decode(MembershipChange.self, from: Data(message.payload))
            return "\(change.change) \(change.users.joined(separator: ",")) \(change.version)"
        }
    }
}
