import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

@Suite(.timeLimit(.minutes(5))) struct RestoreTests {
    /// The server goes on after the backup: what it gave out then is not given out again.
    @Test func afterARestoreNothingIsGivenOutTwice() async throws {
        let box = try Postbox()
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        try await box.send([1], to: .user(user("bob")), from: alice)
        try await box.folder.backup(box.store)
        // Beyond the block of positions that the backup has as given out.
        await box.shutdown()
        try box.open()
        let later = try await box.claim(["alice/laptop"])[0]
        for number in 2...100 { try await box.send([UInt8(number)], to: .user(user("bob")), from: later) }
        try await box.register(["carol/phone", "bob/tablet"])
        try await box.ask(.createGroup(group("club"), members: [user("bob")]), from: later)
        let since = try Given(of: box.folder.opened("test.db"))
        await box.shutdown()

        let report = try Restore(backup: box.folder.path("copy.db"), database: box.folder.path("new.db")).run()
        #expect(report.messages == 1)
        let copy = try Given(of: box.folder.opened("new.db"))
        #expect(copy.epoch != since.epoch)
        #expect(try box.folder.opened("new.db").first("SELECT count(*) FROM connected") { $0.int(0) } == 0)

        let new = try Postbox.opening(box.folder, "new.db")
        let again = try await new.claim(["alice/laptop"])[0]
        try await new.send([200], to: .user(user("bob")), from: again)
        try await new.register(["dave/phone"])
        try await new.ask(.createGroup(group("club"), members: [user("bob")]), from: again)
        let heard = try await new.drain(try await new.claim(["bob/phone"])[0])
        #expect(heard.filter { $0.kind == .message }.map(\.payload) == [[1], [200]])
        let now = try Given(of: box.folder.opened("new.db"))
        #expect(now.lastPosition > since.lastPosition && now.nextPosition > since.nextPosition)
        #expect(now.lastDevice > since.lastDevice && now.lastLog > since.lastLog)
        #expect(now.generation > since.generation)
        #expect(now.aliceVersion > since.aliceVersion)
        // The group was made after the backup: the copy does not know it, and its versions are still others.
        #expect(since.clubVersion > 0 && now.clubVersion > since.clubVersion)
        await new.shutdown()
    }

    /// A restore of a restore of a restore: nothing runs over.
    @Test func restoringAgainAndAgainJumpsAgain() async throws {
        let box = try Postbox()
        try await box.register(["bob/phone"])
        try await box.folder.backup(box.store)
        await box.shutdown()
        var backup = box.folder.path("copy.db")
        for round in 1...12 {
            let next = box.folder.path("round\(round).db")
            _ = try Restore(backup: backup, database: next).run()
            backup = next
        }
        let last = try Postbox.opening(box.folder, "round12.db")
        let alice = try await last.claim(["alice/laptop"])[0]
        try await last.send([7], to: .user(user("bob")), from: alice)
        let bob = try await last.claim(["bob/phone"])[0]
        #expect(try await last.drain(bob).map(\.payload) == [[7]])
        try await last.store.forgetAcknowledged()
        await last.shutdown()
        let position = try Given(of: box.folder.opened("round12.db")).nextPosition
        #expect(position > 12 * NewEpoch.margin && position < 13 * NewEpoch.margin)
    }

    /// P4 ends with the epoch: what was accepted since the backup and is sent again is new, and comes.
    @Test func whatWasAcceptedSinceIsTakenAgain() async throws {
        let box = try Postbox()
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        let early = Submission(id: MessageID(at: box.clock.now()), to: .user(user("bob")), content: .payload([1]))
        try await box.perform([.send(early, from: .session(alice))])
        try await box.folder.backup(box.store)
        let late = Submission(id: MessageID(at: box.clock.now()), to: .user(user("bob")), content: .payload([2]))
        try await box.perform([.send(late, from: .session(alice))])
        await box.shutdown()
        _ = try Restore(backup: box.folder.path("copy.db"), database: box.folder.path("new.db")).run()
        let new = try Postbox.opening(box.folder, "new.db")
        let again = try await new.claim(["alice/laptop"])[0]
        let events = try await new.perform([early, late].map { .send($0, from: .session(again)) })
        let duplicates = events.compactMap { event -> Bool? in
            if case .sent(_, .accepted(_, let duplicate), _) = event { duplicate } else { nil }
        }
        #expect(duplicates == [true, false])
        #expect(try await new.drain(try await new.claim(["bob/phone"])[0]).map(\.payload) == [[1], [2]])
        await new.shutdown()
    }

    @Test func anExistingDatabaseIsNotReplaced() async throws {
        let (folder, backup) = try await Self.made()
        for name in ["new.db", "new.db-wal", "new.db-shm", "new.db-journal"] {
            try Data("mine".utf8).write(to: URL(filePath: folder.path(name)))
            let error = restoreError(backup, folder.path("new.db"))
            #expect(
                error?.code == .cannotCreate && error?.message.contains(name) == true, "\(String(describing: error))")
            #expect(try Data(contentsOf: URL(filePath: folder.path(name))) == Data("mine".utf8))
            try FileManager.default.removeItem(atPath: folder.path(name))
        }
        #expect(restoreError(backup, folder.path("nowhere/new.db"))?.code == .inputOutput)
    }

    @Test func aRunningServerIsInTheWay() async throws {
        let box = try await Postbox.filled(megabytes: 1)
        let report = try await box.folder.backup(box.store)
        #expect(restoreError(report.path, box.folder.database)?.code == .locked)
        #expect(restoreError(box.folder.database, box.folder.path("new.db"))?.code == .locked)
        await box.shutdown()
    }

    @Test func whatIsNoBackupIsRefused() async throws {
        let (folder, backup) = try await Self.made()
        let new = folder.path("new.db")
        let bytes = try Data(contentsOf: URL(filePath: backup))
        try Data("Dear diary".utf8).write(to: URL(filePath: folder.path("diary")))
        try Data().write(to: URL(filePath: folder.path("empty")))
        try bytes.prefix(bytes.count / 2).write(to: URL(filePath: folder.path("half.db")))
        try bytes.write(to: URL(filePath: folder.path("killed.db")))
        try Data("frames".utf8).write(to: URL(filePath: folder.path("killed.db-wal")))
        for (name, code) in [
            ("diary", StoreError.Code.notADatabase), ("empty", .notADatabase), ("half.db", .damaged),
            ("killed.db", .notADatabase), ("missing", .inputOutput),
        ] {
            let error = restoreError(folder.path(name), new)
            #expect(error?.code == code, "\(name): \(String(describing: error))")
            #expect(try folder.names(with: "new.db") == ["new.db.lock"])
        }
    }

    @Test func aFlippedBitAnywhereIsSeenByTheSum() async throws {
        let (folder, backup) = try await Self.made()
        let bytes = try Data(contentsOf: URL(filePath: backup))
        for place in stride(from: 100, to: bytes.count, by: bytes.count / 40) {
            var flipped = bytes
            flipped[place] ^= 1 << UInt8(place % 8)
            try flipped.write(to: URL(filePath: backup))
            let error = restoreError(backup, folder.path("new.db"))
            #expect(error?.code == .damaged, "bit at \(place): \(String(describing: error))")
            #expect(!folder.exists("new.db"))
        }
    }

    /// Without the sum, a message that is not what was written is seen by its own check value.
    @Test func aDamagedMessageIsRefusedUnlessItIsToBeKept() async throws {
        let (folder, backup) = try await Self.made()
        try FileManager.default.removeItem(atPath: backup + ".sha256")
        let connection = try Connection(path: backup, mode: .readWrite)
        try connection.execute("UPDATE messages SET log_id = log_id + 1 WHERE seq = (SELECT min(seq) FROM messages)")
        connection.close()
        #expect(restoreError(backup, folder.path("new.db"))?.code == .damaged)
        let report = try Restore(backup: backup, database: folder.path("new.db"), keepDamaged: true).run()
        #expect(report.damaged == 1)
    }

    private static func made() async throws -> (Folder, backup: String) {
        let box = try await Postbox.filled(megabytes: 1)
        let report = try await box.folder.backup(box.store)
        await box.shutdown()
        return (box.folder, report.path)
    }

    private func restoreError(_ backup: String, _ database: String) -> StoreError? {
        #expect(throws: StoreError.self) { try Restore(backup: backup, database: database).run() }
    }
}

/// What a server has given out so far.
private struct Given {
    let epoch: String
    let lastPosition, nextPosition, lastDevice, lastLog, generation, aliceVersion, clubVersion: Int64

    init(of connection: Connection) throws {
        defer { connection.close() }
        let number = { (sql: String) in try connection.first(sql) { $0.int(0) } ?? 0 }
        epoch = try connection.first("SELECT value FROM meta WHERE key = 'epoch'") { $0.text(0) } ?? ""
        lastPosition = try number("SELECT max(seq) FROM messages")
        nextPosition = try number("SELECT value FROM meta WHERE key = 'next_seq'")
        lastDevice = try number("SELECT max(device_id) FROM devices")
        lastLog = try number("SELECT max(log_id) FROM logs")
        generation = try number("SELECT max(generation) FROM sessions")
        aliceVersion = try number("SELECT version FROM logs WHERE kind = 'user' AND name = 'alice'")
        clubVersion = try number("SELECT version FROM logs WHERE kind = 'group' AND name = 'club'")
    }
}
