import CSQLite
import RestanteCore
import Testing

@testable import RestanteStore

/// The views that people look at with `sqlite3 -readonly`, while the store runs.
@Suite struct ViewTests {
    /// Half past twelve, 2026-01-02, UTC.
    static let clock = StoreClock { 1_767_357_000_000 }
    static let time = "2026-01-02 12:30:00"

    /// Alice has written twice to Bob and once to a group; Bob's phone has read one of his, Carol has read nothing.
    let box: Postbox
    var ids: [String] = []

    init() async throws {
        box = try Postbox(clock: Self.clock)
        try await box.register(["bob/phone", "bob/tablet", "carol/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        ids.append(try await box.send([1, 2, 3], to: .user(user("bob")), from: alice).description)
        let phone = try await box.claim(["bob/phone"])[0]
        try await box.drain(phone)
        try await box.perform([.release(phone)])
        ids.append(try await box.send([4, 5], to: .user(user("bob")), from: alice).description)
        try await box.ask(.createGroup(group("talk"), members: [user("carol")]), from: alice)
        ids.append(try await box.send([6], to: .group(group("talk")), from: alice).description)
        try await box.drain(alice)
    }

    @Test func waitingIsWhatEachDeviceHasYetToAcknowledge() async throws {
        let rows = try box.rows(
            """
            SELECT user, device, log, sender, message_id, kind, bytes, accepted, expires FROM waiting
            WHERE kind = 'message' ORDER BY seq, user, device
            """)
        let expires = "2026-02-01 12:30:00"
        #expect(
            rows == [
                ["bob", "tablet", "user:bob", "alice/laptop", ids[0], "message", "3", Self.time, expires],
                ["bob", "phone", "user:bob", "alice/laptop", ids[1], "message", "2", Self.time, expires],
                ["bob", "tablet", "user:bob", "alice/laptop", ids[1], "message", "2", Self.time, expires],
                ["carol", "phone", "group:talk", "alice/laptop", ids[2], "message", "1", Self.time, expires],
            ])
        #expect(
            try box.rows("SELECT user, device, log, sender FROM waiting WHERE kind = 'membership'")
                == [["carol", "phone", "group:talk", "alice/laptop"]])
        await box.shutdown()
    }

    @Test func waitingIsInOrder() async throws {
        let positions = try box.rows("SELECT seq FROM waiting").compactMap { Int($0[0]) }
        #expect(positions.count == 5 && positions == positions.sorted())
        await box.shutdown()
    }

    @Test func mailboxesAreDepthBytesAndAge() async throws {
        let created = "{\"change\":\"created\",\"users\":[\"alice\",\"carol\"],\"version\":1}"
        #expect(
            try box.rows("SELECT user, device, messages, bytes, oldest, last_seen FROM mailboxes") == [
                ["alice", "laptop", "0", "0", "", Self.time],
                ["bob", "phone", "1", "2", Self.time, Self.time],
                ["bob", "tablet", "2", "5", Self.time, Self.time],
                ["carol", "phone", "2", String(1 + created.utf8.count), Self.time, Self.time],
            ])
        await box.shutdown()
    }

    @Test func deliveriesAreTheStateByMessageAndDevice() async throws {
        let withdrawn = try await box.send([9], to: .user(user("carol")), from: SessionID(4))
        try await box.ask(.cancel(withdrawn), from: SessionID(4))
        let phone = try await box.claim(["carol/phone"])[0]
        try await box.ask(.unlink(address("carol/phone")), from: phone)
        let rows = try box.rows("SELECT message_id, sender, log, user, device, state, accepted FROM deliveries")
        let expected = [
            [ids[0], "alice/laptop", "user:bob", "bob", "phone", "delivered", Self.time],
            [ids[0], "alice/laptop", "user:bob", "bob", "tablet", "pending", Self.time],
            [ids[1], "alice/laptop", "user:bob", "bob", "phone", "pending", Self.time],
            [ids[1], "alice/laptop", "user:bob", "bob", "tablet", "pending", Self.time],
            [ids[2], "alice/laptop", "group:talk", "carol", "phone", "lost", Self.time],
            [withdrawn.description, "alice/laptop", "user:carol", "carol", "phone", "cancelled", Self.time],
        ]
        #expect(Set(rows) == Set(expected) && rows.count == expected.count)
        await box.shutdown()
    }

    @Test func groupMembersHaveALag() async throws {
        // Alice's own message counts until her cursor moves, a second later.
        try await box.store.forgetAcknowledged()
        #expect(
            try box.rows("SELECT \"group\", user, role, joined, lag FROM group_members") == [
                ["talk", "alice", "admin", Self.time, "0"],
                ["talk", "carol", "member", Self.time, "2"],
            ])
        await box.shutdown()
    }

    @Test func connectedIsWhoIsWhereSinceWhen() async throws {
        let query = "SELECT user, device, node, generation, since FROM connected"
        #expect(try box.rows(query) == [["alice", "laptop", "local", "1", Self.time]])
        _ = try await box.claim(["bob/phone"])
        #expect(
            try box.rows(query) == [
                ["alice", "laptop", "local", "1", Self.time], ["bob", "phone", "local", "3", Self.time],
            ])
        await box.shutdown()
    }

    @Test func aReadOnlyConnectionCannotWrite() async throws {
        let connection = try Connection(path: box.folder.database, mode: .readOnly)
        defer { connection.close() }
        #expect(throws: SQLiteError.self) { try connection.execute("DELETE FROM messages") }
        await box.shutdown()
    }
}

extension Postbox {
    /// All columns as text, read on a read-only connection beside the store's.
    func rows(_ sql: String) throws -> [[String]] {
        let connection = try Connection(path: folder.database, mode: .readOnly)
        defer { connection.close() }
        let count = sqlite3_column_count(try connection.prepare(sql).handle)
        return try connection.all(sql) { row in (0..<count).map { row.text($0) } }
    }
}
