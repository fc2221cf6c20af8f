import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// What the index `messages_by_log` hides of a log's end is found by what else says where a log ends, and mended.
@Suite(.timeLimit(.minutes(5))) struct HiddenMessagesTests {
    /// Ten messages for bob's phone; all entries of the index are of bob's log.
    private func tenForBob(saved: Bool) async throws -> Postbox {
        let postbox = try Postbox()
        let alice = try await postbox.claim(["alice/phone"])[0]
        try await postbox.register(["bob/phone"])
        for number in 0..<10 { try await postbox.send([UInt8(number)], to: .user(user("bob")), from: alice) }
        if saved { try await postbox.store.ask { try $0.saveHeadsSlice() } }
        await postbox.shutdown()
        return postbox
    }

    private struct Found: Equatable {
        var payloads: [UInt8] = []
        var missing: Int64 = 0
    }

    private func drain(_ postbox: Postbox) async throws -> Found {
        let bob = try await postbox.claim(["bob/phone"])[0]
        var found = Found()
        for case .page(bob, let page, _) in try await postbox.perform([.read(bob)]) {
            for delivery in page {
                switch delivery.owed {
                case .message(let message): found.payloads += message.payload
                case .gap(_, let count, .damaged): found.missing += count
                default: break
                }
            }
            if let last = page.last { try await postbox.perform([.acknowledge(bob, through: last.tag)]) }
        }
        return found
    }

    /// Beyond what was saved the table itself is asked at the start.
    @Test(arguments: [true, false])
    func theLastMessagesThatAnIndexHidesAreDelivered(saved: Bool) async throws {
        let postbox = try await tenForBob(saved: saved)
        let ends = try postbox.folder.texts(
            "SELECT count(*) FROM logs WHERE head_seq > 0"
                + " UNION ALL SELECT value > 0 FROM meta WHERE key = 'heads_through'")
        #expect(ends == (saved ? ["1", "1"] : ["0", "0"]))
        try postbox.folder.hideLastEntries(3)
        #expect(try postbox.folder.texts("SELECT count(*) FROM messages INDEXED BY messages_by_log") == ["7"])
        try postbox.open()
        #expect(try await drain(postbox) == Found(payloads: Array(0..<10)))
        await postbox.shutdown()
        let notices = postbox.notices.filter { $0.message.contains("index of messages") }
        #expect(notices.map(\.level) == [.warning])
        #expect(notices.first?.message.contains("user bob") == true)
        #expect(try DatabaseCheck.run(database: postbox.folder.database, full: true).findings.map(\.description) == [])
    }

    /// Whoever sends first finds it, too: what comes counts on from what was hidden.
    @Test func whatIsSentToALogWithAHiddenEndComesBehindIt() async throws {
        let postbox = try await tenForBob(saved: true)
        try postbox.folder.hideLastEntries(3)
        try postbox.open()
        let alice = try await postbox.claim(["alice/phone"])[0]
        try await postbox.send([10], to: .user(user("bob")), from: alice)
        #expect(try await drain(postbox) == Found(payloads: Array(0...10)))
        await postbox.shutdown()
        #expect(try postbox.folder.texts("PRAGMA integrity_check") == ["ok"])
    }

    /// An index that does not stay as it was made is not made again and again.
    @Test func whatIsHiddenAgainIsToldAsMissing() async throws {
        let postbox = try await tenForBob(saved: true)
        try postbox.folder.hideLastEntries(3)
        try postbox.open()
        try await postbox.store.ask { $0.hasRebuiltIndex = true }
        #expect(try await drain(postbox) == Found(payloads: Array(0..<7), missing: 3))
        await postbox.shutdown()
    }

    /// What says where a log ends may be what is damaged.
    @Test(arguments: [
        "UPDATE logs SET head_seq = 1 << 40 WHERE name = 'bob'",
        "UPDATE logs SET head_seq = -1 WHERE name = 'bob'",
        "UPDATE meta SET value = 1 << 40 WHERE key = 'heads_through'",
        "UPDATE meta SET value = -1 WHERE key = 'heads_through'",
        "UPDATE meta SET value = 'x' WHERE key = 'heads_through'",
        // The end of another log.
        "UPDATE logs SET head_seq = (SELECT max(seq) FROM messages) WHERE name = 'alice'",
    ])
    func aDamagedEndDoesNoHarm(_ sql: String) async throws {
        let postbox = try await tenForBob(saved: true)
        try postbox.folder.run(sql)
        let isFound = try !DatabaseCheck.run(database: postbox.folder.database, full: false).findings.isEmpty
        #expect(isFound || sql.contains("alice"))
        try postbox.open()
        let alice = try await postbox.claim(["alice/phone"])[0]
        try await postbox.send([10], to: .user(user("bob")), from: alice)
        #expect(try await drain(postbox) == Found(payloads: Array(0...10)))
        await postbox.shutdown()
        #expect(postbox.notices.isEmpty)
    }

    /// Rebuilding frees the pages of the old index: when a flipped bit has made it point to another's, those would go.
    @Test func anIndexThatHoldsAPageOfAnotherIsNotRebuilt() async throws {
        let postbox = try Postbox()
        let alice = try await postbox.claim(["alice/phone"])[0]
        try await postbox.register(["bob/phone"])
        try await postbox.perform(
            (0..<2000).map { _ in
                .send(
                    Submission(id: MessageID(at: postbox.clock.now()), to: .user(user("bob")), content: .payload([1])),
                    from: .session(alice))
            })
        await postbox.shutdown()
        let folder = postbox.folder
        let other = try folder.root(of: "cursors_by_log")
        // The last child of the root, which has the last entries.
        let place = (try folder.root(of: "messages_by_log") - 1) * 8192
        try folder.patch(at: place) { root in
            try #require(root[root.startIndex] == 2, "the root has children")
            root.replaceSubrange(
                root.startIndex + 8..<root.startIndex + 12,
                with: withUnsafeBytes(of: UInt32(other).bigEndian, Array.init))
        }
        try postbox.open()
        let error = await #expect(throws: StoreError.self) {
            try await postbox.store.ask { engine in
                let log = try #require(try engine.directory.user(user("bob"))).log
                try engine.transaction { _ = try engine.head(of: log) }
            }
        }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("of cursors_by_log") == true)
        await postbox.shutdown()
        let cursors = "SELECT count(*) FROM cursors"
        #expect(try folder.texts("\(cursors) INDEXED BY cursors_by_log WHERE log_id > 0") == folder.texts(cursors))
    }

    // MARK: Saving

    @Test func endsAreSavedByTheWay() async throws {
        let postbox = try Postbox(headsEvery: 8)
        let alice = try await postbox.claim(["alice/phone"])[0]
        try await postbox.register(["bob/phone", "carol/phone"])
        for number in 0..<20 {
            try await postbox.send([1], to: .user(user(number % 3 == 0 ? "bob" : "carol")), from: alice)
        }
        let unsaved = try await postbox.store.ask { $0.positions.head - $0.ends.savedThrough }
        #expect(unsaved < 9)
        let wrong = try await postbox.store.ask { engine in
            try engine.saveHeadsSlice()
            return try engine.connection.all(
                "SELECT name FROM logs l WHERE head_seq <>"
                    + " coalesce((SELECT max(seq) FROM messages m WHERE m.log_id = l.log_id), 0)"
            ) { $0.text(0) }
        }
        #expect(wrong == [])
        await postbox.shutdown()
        let next = try postbox.folder.texts(
            "SELECT max(seq) = (SELECT value FROM meta WHERE key = 'heads_through') FROM messages")
        #expect(next == ["1"])
    }

    /// More than one slice can write: until all is written, it counts as known, and what comes meanwhile goes before it.
    @Test func whatIsBeingSavedIsKnownMeanwhile() throws {
        let folder = try Folder()
        let connection = try Migrator().openForWriting(folder.database)
        defer { connection.close() }
        try Migrator().apply(on: connection)
        let logs: Int64 = 200_000
        try connection.run(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)"
                + " INSERT INTO logs(log_id, kind, name) SELECT i, 'device', i FROM n", logs)
        var ends = try LogEnds(connection, through: 0, every: 100)
        for log in 1...logs { ends.note(log, log * 2) }
        var slices = 0
        repeat {
            try connection.execute("BEGIN IMMEDIATE")
            try ends.save(connection, at: logs * 2, until: monotonicNanoseconds() + 4_000_000)
            try connection.execute("COMMIT")
            slices += 1
            if slices == 1 { ends.note(7, logs * 2 + 1) }
            #expect(ends[7] == logs * 2 + 1)
            #expect(ends[logs] == (ends.isSaveDue(at: logs * 2) ? logs * 2 : nil))
        } while ends.isSaveDue(at: logs * 2)
        #expect(slices > 2)
        #expect(ends.savedThrough == logs * 2)
        #expect(try connection.first("SELECT count(*) FROM logs WHERE head_seq = log_id * 2") { $0.int(0) } == logs)
    }
}

extension Folder {
    fileprivate func root(of name: String) throws -> Int {
        try Int(texts("SELECT rootpage FROM sqlite_schema WHERE name = '\(name)'").first ?? "") ?? 0
    }

    fileprivate func patch(at offset: Int, _ change: (inout Data) throws -> Void) throws {
        let file = try FileHandle(forUpdating: URL(filePath: database))
        defer { try? file.close() }
        try file.seek(toOffset: UInt64(offset))
        var page = try file.read(upToCount: 8192) ?? Data()
        try change(&page)
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: page)
    }

    /// Makes the one page of the index count fewer entries than it has, as a flipped bit does.
    fileprivate func hideLastEntries(_ count: UInt8) throws {
        let place = (try root(of: "messages_by_log") - 1) * 8192
        try patch(at: place) { leaf in
            try #require(leaf[leaf.startIndex] == 10, "the root is a leaf")
            leaf[leaf.startIndex + 4] -= count
        }
    }
}
