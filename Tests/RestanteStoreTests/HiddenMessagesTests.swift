import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// What the table `owed` hides of a log's end is found by what else says where a log ends, and mended.
@Suite(.timeLimit(.minutes(5))) struct HiddenMessagesTests {
    /// Ten messages for bob's phone; all entries of `owed` are of bob's log.
    private func tenForBob() async throws -> Postbox {
        let postbox = try Postbox()
        let alice = try await postbox.claim(["alice/phone"])[0]
        try await postbox.register(["bob/phone"])
        for number in 0..<10 { try await postbox.send([UInt8(number)], to: .user(user("bob")), from: alice) }
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

    @Test func theLastMessagesThatAnIndexHidesAreDelivered() async throws {
        let postbox = try await tenForBob()
        let ends = try postbox.folder.texts(
            "SELECT count(*) FROM logs WHERE head_seq > 0"
                + " UNION ALL SELECT value > 0 FROM meta WHERE key = 'owed_through'")
        #expect(ends == ["1", "1"])
        try postbox.folder.hideLastEntries(3)
        #expect(try postbox.folder.texts("SELECT count(*) FROM owed") == ["7"])
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
        let postbox = try await tenForBob()
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
        let postbox = try await tenForBob()
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
        "UPDATE meta SET value = 1 << 40 WHERE key = 'owed_through'",
        "UPDATE meta SET value = 1 << 40 WHERE key = 'owed_settling'",
        "UPDATE meta SET value = -1 WHERE key = 'owed_through'",
        "UPDATE meta SET value = -1 WHERE key = 'owed_settling'",
        "UPDATE meta SET value = 'x' WHERE key = 'owed_through'",
        "UPDATE meta SET value = 'x' WHERE key = 'owed_settling'",
        // The end of another log.
        "UPDATE logs SET head_seq = (SELECT max(seq) FROM messages) WHERE name = 'alice'",
    ])
    func aDamagedEndDoesNoHarm(_ sql: String) async throws {
        let postbox = try await tenForBob()
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
        let place = (try folder.root(of: "owed") - 1) * 8192
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
        let place = (try root(of: "owed") - 1) * 8192
        try patch(at: place) { leaf in
            try #require(leaf[leaf.startIndex] == 10, "the root is a leaf")
            leaf[leaf.startIndex + 4] -= count
        }
    }
}
