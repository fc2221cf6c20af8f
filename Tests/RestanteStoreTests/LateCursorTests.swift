import CSQLite
import RestanteCore
import Testing

@testable import RestanteStore

/// A sender's cursor in a group moves late, and whoever is told of it finds it moved.
@Suite(.timeLimit(.minutes(5))) final class LateCursorTests {
    private let folder: Folder
    private let store: SteppedStore
    private let alice = SessionID(1)
    /// Never acknowledges anything.
    private let bob = SessionID(2)
    private var next: UInt64 = 10

    init() throws {
        folder = try Folder()
        store = try SteppedStore(path: folder.database, options: StoreOptions())
        _ = try store.run([claim("alice", alice), claim("bob", bob), .read(bob)])
        _ = try ask(.createGroup(group("talk"), members: [user("alice")]), from: .session(bob))
        // The membership message.
        _ = try store.run([.read(alice)])
        _ = try store.run([.acknowledge(alice, through: 1)])
        try store.sweep()
    }

    deinit { store.close() }

    @Test func itDoesNotMoveWithEachMessage() throws {
        let before = try lag()
        for _ in 1...3 { try send() }
        #expect(try before == 0 && lag() == 3)
        try store.sweep()
        #expect(try lag() == 0)
    }

    @Test func aReleaseMovesIt() throws {
        // Together with what the set-up did they are fewer than the batches after which all move.
        for _ in 1...2 { try send() }
        _ = try store.run([.release(alice)])
        #expect(try lag() == 0)
    }

    @Test func aSecondConnectionIsOwedNothing() throws {
        for _ in 1...3 { try send() }
        let events = try store.run([claim("alice", SessionID(3))])
        for case .claimed(_, let welcome) in events { #expect(welcome.pending.messages == 0) }
        #expect(try lag() == 0)
    }

    @Test func whoAsksForAMailboxFindsItEmpty() throws {
        for _ in 1...3 { try send() }
        guard case .mailbox(let devices) = try ask(.mailbox(of: user("alice")), from: .operators(CallID(1))) else {
            throw Refusal(.unavailable, "no mailbox")
        }
        #expect(devices.map(\.pending.messages) == [0])
    }

    /// Taken for lost they would be in `losses`, and an ending would be looked through for them.
    @Test func unlinkingLosesNothing() throws {
        for _ in 1...3 { try send() }
        _ = try ask(.unlink(address("alice/phone")), from: .operators(CallID(1)))
        #expect(try number("SELECT count(*) FROM ended_cursors e WHERE acked_seq < until_seq") == 0)
    }

    /// Whoever is added again has lost nothing of what it sent the last time, which is more than is counted one by one.
    @Test func comingBackToAGroupLosesNothing() throws {
        try send(300, to: .group(group("talk")), from: alice)
        _ = try ask(.leaveGroup(group("talk")))
        _ = try ask(.addMembers(group("talk"), [user("alice")]), from: .session(bob))
        #expect(try number("SELECT count(*) FROM losses WHERE count > 1") == 0)
    }

    /// What was open when it was looked past moves late, too, but not before it is acknowledged.
    @Test func behindAnOpenTagItWaitsForTheAcknowledgement() throws {
        try send(1, to: .user(user("alice")), from: bob)
        try send()
        try store.sweep()
        #expect(try lag() == 1)
        _ = try store.run([.acknowledge(alice, through: 2)])
        #expect(try lag() == 1)
        try store.sweep()
        #expect(try lag() == 0)
    }

    /// A process that is killed has lost nothing by it.
    @Test func aKillLeavesItToTheNextReading() throws {
        for _ in 1...3 { try send() }
        store.close()
        let again = try SteppedStore(path: folder.database, options: StoreOptions())
        defer { again.close() }
        let events = try again.run([claim("alice", alice), .read(alice)])
        for case .page(_, let deliveries, let more) in events { #expect(deliveries.isEmpty && !more) }
        try again.sweep()
        #expect(try lag() == 0)
    }

    // MARK: Parts

    /// How many messages Alice's cursor in the group stands before.
    private func lag() throws -> Int64 {
        try number(
            """
            SELECT count(*) FROM messages m JOIN logs l USING (log_id) JOIN cursors c USING (log_id)
            JOIN devices d USING (device_id) WHERE l.kind = 'group' AND d.user = 'alice' AND m.seq > c.acked_seq
            """)
    }

    private func number(_ sql: String) throws -> Int64 {
        let connection = try Connection(path: folder.database, mode: .readOnly)
        defer { connection.close() }
        return try connection.first(sql) { $0.int(0) } ?? -1
    }

    private func send() throws { try send(1, to: .group(group("talk")), from: alice) }

    private func send(_ count: Int, to recipient: Recipient, from session: SessionID) throws {
        let events = try store.run(
            (1...count).map { _ in
                let id = MessageID(at: StoreClock.wall.now())
                return .send(Submission(id: id, to: recipient, content: .payload([1])), from: .session(session))
            })
        for case .sent(_, .rejected(let refusal), _) in events { throw refusal }
    }

    private func ask(_ request: Request, from origin: Origin? = nil) throws -> Reply {
        next += 1
        for case .replied(let result, next, _) in try store.run([
            .request(request, id: next, from: origin ?? .session(alice))
        ]) { return try result.get() }
        throw Refusal(.unavailable, "no answer")
    }

    private func claim(_ name: String, _ session: SessionID) -> StoreCommand {
        .claim(Claim(session: session, address: address("\(name)/phone"), tokenIssuedAt: .max / 2000))
    }
}
