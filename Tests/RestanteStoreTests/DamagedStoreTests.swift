import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// What is damaged in a database is told as a gap, or refused with what to do; it is never taken for something else.
@Suite(.timeLimit(.minutes(5))) struct DamagedStoreTests {
    /// Ten messages for bob's phone, of which it has acknowledged the first three; its laptop has none.
    private func tenForBob() async throws -> Postbox {
        let postbox = try Postbox()
        let alice = try await postbox.claim(["alice/phone"])[0]
        try await postbox.register(["bob/phone", "bob/laptop"])
        for number in 0..<10 { try await postbox.send([UInt8(number)], to: .user(user("bob")), from: alice) }
        let bob = try await postbox.claim(["bob/phone"])[0]
        let events = try await postbox.perform([.read(bob)])
        for case .page(bob, let page, _) in events {
            // The first delivery tells that the laptop was linked.
            try await postbox.perform([.acknowledge(bob, through: page[3].tag)])
        }
        await postbox.shutdown()
        return postbox
    }

    /// What bob's phone gets, payloads and gaps.
    private func drained(_ postbox: Postbox) async throws -> (payloads: [UInt8], missing: Int64) {
        try postbox.open()
        let bob = try await postbox.claim(["bob/phone"])[0]
        var (payloads, missing): ([UInt8], Int64) = ([], 0)
        var more = true
        while more {
            for case .page(bob, let page, let hasMore) in try await postbox.perform([.read(bob)]) {
                more = hasMore
                for delivery in page {
                    switch delivery.owed {
                    case .message(let message): payloads += message.payload
                    case .gap(_, let count, .damaged): missing += count
                    default: break
                    }
                }
                if let last = page.last { try await postbox.perform([.acknowledge(bob, through: last.tag)]) }
            }
        }
        await postbox.shutdown()
        return (payloads, missing)
    }

    private static let sixth = "(SELECT seq FROM messages WHERE payload = x'05')"

    @Test(arguments: [
        "UPDATE messages SET payload = x'FF' WHERE seq = \(sixth)",
        "UPDATE messages SET sender_id = sender_id + 1 WHERE seq = \(sixth)",
        "UPDATE messages SET kind = 77 WHERE seq = \(sixth)",
        "UPDATE messages SET log_count = 9223372036854775807 WHERE seq = \(sixth)",
        // Gone from table and index, as a page that was lost takes it away.
        "DELETE FROM messages WHERE seq = \(sixth)",
        // In another log by its index.
        "UPDATE messages SET log_id = 1 WHERE seq = \(sixth)",
    ])
    func aDamagedMessageIsToldInItsPlace(_ sql: String) async throws {
        let postbox = try await tenForBob()
        try postbox.folder.run(sql)
        let found = try await drained(postbox)
        #expect(found.payloads == [3, 4, 6, 7, 8, 9])
        #expect(found.missing == 1)
        // Acknowledged once, it is not told again.
        #expect(try await drained(postbox) == ([], 0))
        let losses = try postbox.folder.texts("SELECT reason || ' ' || count FROM losses WHERE acked = 1")
        #expect(losses == ["5 1"])
    }

    /// The last of a log leaves no message behind it to count from.
    @Test func aMessageThatIsGoneFromTheEndIsTold() async throws {
        let postbox = try await tenForBob()
        try postbox.folder.run(
            "UPDATE logs SET (swept_through, swept_count) = (SELECT max(seq), max(log_count) FROM messages)"
                + " WHERE kind = 'user' AND name = 'bob'; DELETE FROM messages WHERE payload IN (x'08', x'09')")
        let found = try await drained(postbox)
        #expect(found.payloads == [3, 4, 5, 6, 7])
        #expect(found.missing == 2 || found.missing == 0)
    }

    /// A device whose cursors cannot be is refused before it is given what is another's.
    @Test(arguments: [
        "UPDATE cursors SET acked_seq = acked_seq - 2, started_seq = 0 WHERE \(bobsPhone)",
        "UPDATE cursors SET acked_seq = acked_seq + 2 WHERE \(bobsPhone)",
        "UPDATE cursors SET acked_count = acked_count + 1 WHERE \(bobsPhone)",
        "UPDATE cursors SET acked_seq = 1000000 WHERE \(bobsPhone)",
        "UPDATE cursors SET started_seq = -1 WHERE \(bobsPhone)",
        "UPDATE cursors SET until_seq = acked_seq WHERE \(bobsPhone)",
        "UPDATE cursors SET log_id = 1 WHERE \(bobsPhone)",
        "UPDATE cursors SET log_id = 4096 WHERE \(bobsPhone)",
        "UPDATE cursors SET device_id = 4096 WHERE \(bobsPhone)",
        "DELETE FROM cursors WHERE \(bobsPhone)",
    ])
    func aDamagedCursorIsRefused(_ sql: String) async throws {
        let postbox = try await tenForBob()
        try postbox.folder.run(sql)
        try postbox.open()
        let refusal = await #expect(throws: Refusal.self) { try await postbox.claim(["bob/phone"]) }
        #expect(refusal?.code == .unavailable)
        #expect(refusal?.reason.contains("`restante check`") == true)
        // The others are served.
        try await postbox.claim(["alice/phone"])
        // The operator is told, once.
        _ = await #expect(throws: Refusal.self) { try await postbox.claim(["bob/phone"]) }
        try await postbox.perform([])
        let told = postbox.notices.filter { $0.level == .warning && $0.message.contains("bob/phone is damaged") }
        #expect(told.count == 1)
        await postbox.shutdown()
        #expect(try !DatabaseCheck.run(database: postbox.folder.database, full: true).findings.isEmpty)
    }

    private static let bobsPhone =
        "device_id = (SELECT device_id FROM devices WHERE user = 'bob' AND device = 'phone')"
        + " AND log_id = (SELECT log_id FROM logs WHERE kind = 'user' AND name = 'bob')"

    /// What must not be served at all: the message says what to do.
    @Test(arguments: [
        "UPDATE meta SET value = 3 WHERE key = 'next_seq'",
        "UPDATE meta SET value = -5 WHERE key = 'next_seq'",
        "UPDATE meta SET value = 'x' WHERE key = 'epoch'",
        "DELETE FROM meta WHERE key = 'ids_from'",
        "UPDATE meta SET value = replace(value, 'sinceBoot', 'sinceFoot') WHERE key = 'clock'",
        "DROP TABLE receipts",
        "DROP TABLE owed",
    ])
    func aStoreThatCannotBeTrustedIsRefused(_ sql: String) async throws {
        let postbox = try await tenForBob()
        try postbox.folder.run(sql)
        let error = #expect(throws: StoreError.self) { try SQLiteStore.open(path: postbox.folder.database) }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("restore a backup") == true)
        #expect(try !DatabaseCheck.run(database: postbox.folder.database, full: false).findings.isEmpty)
    }

    /// Names of a log that disagree end the store with 81 and what to do: mail must not go to somebody else.
    @Test(arguments: [
        "UPDATE devices SET log_id = 1 WHERE user = 'bob' AND device = 'phone'",
        "UPDATE logs SET name = 'eve/phone' WHERE name = 'bob/phone'",
        "UPDATE devices SET device = 'phune' WHERE user = 'alice'",
    ])
    func aLogOfTwoNamesEndsTheStore(_ sql: String) async throws {
        let postbox = try await tenForBob()
        try postbox.folder.run(sql)
        try postbox.open()
        let error = await #expect(throws: StoreError.self) {
            try await postbox.store.ask { engine in
                _ = try engine.directory.user(user("bob"))
                for sender in DeviceKey(1)...3 { _ = try engine.directory.sender(sender) }
            }
        }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("restore a backup") == true)
        await postbox.shutdown()
        #expect(try !DatabaseCheck.run(database: postbox.folder.database, full: false).findings.isEmpty)
    }

    @Test(arguments: [
        "UPDATE logs SET name = 'chair' WHERE kind = 'group'", "UPDATE groups SET name = 'chair'",
    ])
    func aGroupOfTwoNamesEndsTheStore(_ sql: String) async throws {
        let postbox = try Postbox()
        let alice = try await postbox.claim(["alice/phone"])[0]
        try await postbox.ask(.createGroup(group("choir"), members: [user("alice")]), from: alice)
        await postbox.shutdown()
        try postbox.folder.run(sql)
        try postbox.open()
        let error = await #expect(throws: StoreError.self) {
            try await postbox.store.ask { engine in
                let logs = try engine.connection.all("SELECT log_id FROM logs") { $0.int(0) }
                for log in logs { _ = try engine.directory.conversation(of: log) }
            }
        }
        #expect(error?.code == .damaged)
        await postbox.shutdown()
    }

    // MARK: restante check

    @Test(arguments: [true, false])
    func aSoundDatabaseHasNoFindings(_ full: Bool) async throws {
        let postbox = try await tenForBob()
        let report = try DatabaseCheck.run(database: postbox.folder.database, full: full)
        #expect(report.findings.map(\.description) == [])
        #expect((report.messages > 0) == full)
    }

    @Test func aFindingNamesTheRowAndItsLogAndNoPayload() async throws {
        let postbox = try await tenForBob()
        try postbox.folder.run("UPDATE messages SET payload = CAST('the secret' AS BLOB) WHERE seq = \(Self.sixth)")
        let report = try DatabaseCheck.run(database: postbox.folder.database, full: true)
        #expect(report.findings.count == 1)
        #expect(report.findings.first?.place.contains("(user bob)") == true)
        #expect(report.findings.first?.description.contains("secret") == false)
    }

    @Test func aFileThatAServerHoldsIsNotChecked() async throws {
        let postbox = try Postbox()
        let error = #expect(throws: StoreError.self) {
            try DatabaseCheck.run(database: postbox.folder.database, full: false)
        }
        #expect(error?.code == .locked)
        await postbox.shutdown()
    }

    @Test func aDamagedWALIsAFinding() throws {
        let wal = try WALFile()
        try wal.flip(WALHeader.size + WALFile.frame + 100)
        let before = try wal.bytes()
        let report = try DatabaseCheck.run(database: wal.folder.database, full: false)
        #expect(report.findings.contains { $0.place.hasSuffix("-wal") })
        #expect(try wal.bytes() == before)
    }
}
