import RestanteCore
import RestanteStore
import Testing

/// Whom users may reach, as the operator says; who is out of reach looks like nobody.
@Suite(.timeLimit(.minutes(5))) struct PolicyTests {
    private static let bob = UserName(unchecked: "bob")

    private func answers(_ phone: Phone, about user: String) async throws -> [Refusal?] {
        let name = UserName(unchecked: user)
        var all: [Refusal?] = []
        for recipient: Recipient in [.user(user), .device("\(user)/phone")] {
            let outcome = try await phone.send(.text("hello", to: recipient))
            if case .rejected(let refusal) = outcome { all.append(refusal) } else { all.append(nil) }
        }
        do {
            _ = try await phone.ask(.devices(of: name))
            all.append(nil)
        } catch let refusal as Refusal {
            all.append(refusal)
        }
        return all
    }

    @Test(arguments: Backend.allCases, Policies.Reach.allCases)
    func whoMaySendToWhom(_ backend: Backend, _ reach: Policies.Reach) async throws {
        let room = try Mailroom(backend, policies: Policies(send: reach))
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        let stranger = try await answers(alice, about: "bob")
        let nobody = try await answers(alice, about: "nobody")
        if reach == .any {
            #expect(stranger == [nil, nil, nil] && nobody.allSatisfy { $0 != nil })
        } else {
            #expect(stranger == nobody && stranger.allSatisfy { $0 != nil })
            #expect(
                stranger[0]?.code == (reach == .service ? .notAllowed : .noDevices) && stranger[2]?.code == .notFound)
        }
        _ = try await bob.ask(.create("club", "alice"))
        let friend = try await answers(alice, about: "bob")
        #expect(friend.map { $0?.code } == (reach == .service ? [.notAllowed, .notAllowed, nil] : [nil, nil, nil]))
        // In the order of commits: out of the group, out of reach.
        _ = try await bob.ask(.remove("club", "alice"))
        #expect(try await answers(alice, about: "bob").map { $0?.code } == stranger.map { $0?.code })
        // To oneself, and from the app's backend, always.
        try await room.register("alice/phone")
        try await alice.send("note", to: .user("alice"))
        let service = Origin.service(CallID(1), ServiceName(unchecked: "news"), issuedAt: 1)
        try await room.perform([.send(.text("news", to: .user("bob")), from: service)])
        #expect(bob.texts.last == "news")
        await room.shutdown()
    }

    @Test(arguments: Backend.allCases, Policies.Reach.allCases)
    func whoMayBeAddedToAGroup(_ backend: Backend, _ reach: Policies.Reach) async throws {
        let room = try Mailroom(backend, policies: Policies(groupAdd: reach))
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        func refusal(_ request: Request) async throws -> Refusal? {
            do {
                _ = try await alice.ask(request)
                return nil
            } catch let refusal as Refusal {
                return refusal
            }
        }
        #expect(try await refusal(.create("own")) == nil)
        let added = try await refusal(.add("own", "bob"))
        #expect(added?.code == [.any: nil, .sharedGroup: .notFound, .service: .notAllowed][reach])
        let nobody = try await refusal(.add("own", "nobody"))
        if reach != .any { #expect(added == nobody) }
        #expect(try await refusal(.create("other", "bob"))?.code == added?.code)
        // The app's backend brings them together; from then on they know each other.
        let service = Origin.service(CallID(1), ServiceName(unchecked: "app"), issuedAt: 1)
        let create = Request.createGroup(
            GroupName(unchecked: "school"), members: [Self.bob], admin: alice.address.user)
        try await room.perform([.request(create, id: 1, from: service)])
        #expect(bob.messages.last?.from == .service(ServiceName(unchecked: "app")))
        #expect(try await refusal(.add("own", "bob"))?.code == (reach == .service ? .notAllowed : nil))
        await room.shutdown()
    }

    /// What was accepted stays so when the sender asks again.
    @Test(arguments: Backend.allCases)
    func aResendIsAnsweredAsBefore(_ backend: Backend) async throws {
        let room = try Mailroom(backend, policies: Policies(send: .sharedGroup))
        let bob = try await room.connect("bob/phone")
        let alice = try await room.connect("alice/laptop")
        _ = try await bob.ask(.create("club", "alice"))
        let message = Submission.text("hello", to: .user("bob"))
        guard case .accepted(_, false) = try await alice.send(message) else { throw Unexpected() }
        _ = try await bob.ask(.remove("club", "alice"))
        guard case .accepted(_, true) = try await alice.send(message) else { throw Unexpected() }
        await room.shutdown()
    }
}
