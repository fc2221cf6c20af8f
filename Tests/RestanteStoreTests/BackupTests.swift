import Foundation
import RestanteCore
import Synchronization
import Testing

@testable import RestanteStore

@Suite(.timeLimit(.minutes(5))) struct BackupTests {
    /// All that was accepted while it copied is in it, what was accepted after is not, and there is no hole between.
    @Test func aBackupWhileMailComesInIsOneMoment() async throws {
        let box = try await Postbox.filled(megabytes: 20)
        let alice = try await box.claim(["alice/laptop"])[0]
        for number in 1...20 { try await box.send(numbered(number), to: .user(user("bob")), from: alice) }
        let sent = Mutex((whileCopying: 0, afterwards: 0))
        // After each slice one more is handed to the store, whose thread takes it before the next slice.
        let report = box.backing(up: "copy.db") { [store = box.store, clock = box.clock] progress in
            let number = sent.withLock { sent in
                if progress.phase == .copying { sent.whileCopying += 1 } else { sent.afterwards += 1 }
                return 20 + sent.whileCopying + sent.afterwards
            }
            let submission = Submission(
                id: MessageID(at: clock.now()), to: .user(user("bob")), content: .payload(numbered(number)))
            store.enqueue([.send(submission, from: .session(alice))])
        }
        let made = try await report.value
        let (whileCopying, afterwards) = sent.withLock { $0 }
        #expect(whileCopying > 1 && afterwards > 0, "\(whileCopying) while it copied, \(afterwards) afterwards")
        let copy = try box.folder.opened("copy.db")
        defer { copy.close() }
        let inCopy = try copy.all(numbers) { $0.text(0) }
        #expect(inCopy == (1...20 + whileCopying).map { String(decoding: numbered($0), as: UTF8.self) })
        #expect(try copy.all("PRAGMA integrity_check") { $0.text(0) } == ["ok"])
        #expect(try copy.first("SELECT count(*) FROM messages") { $0.int(0) } == made.messages)
        #expect(try box.folder.names(with: "copy.db") == ["copy.db", "copy.db.sha256"])
        try await box.perform([])
        let inStore = try await box.store.ask { try $0.connection.all(numbers) { $0.text(0) } }
        #expect(inStore.count == 20 + whileCopying + afterwards)
        await box.shutdown()
    }

    @Test func aBackupIsOneCompleteFileOfItsOwner() async throws {
        let box = try await Postbox.filled(megabytes: 1)
        let report = try await box.store.backup(to: box.folder.path("copy.db"))
        let attributes = try FileManager.default.attributesOfItem(atPath: report.path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(attributes[.size] as? Int64 == report.bytes)
        let sum = try String(contentsOfFile: report.path + ".sha256", encoding: .utf8)
        #expect(sum == "\(report.sha256)  copy.db\n")
        // Opening it read-only makes nothing beside it.
        let copy = try box.folder.opened("copy.db")
        #expect(try copy.first("PRAGMA journal_mode") { $0.text(0) } == "delete")
        #expect(try copy.first("SELECT count(*) FROM messages") { $0.int(0) } == report.messages)
        #expect(try box.folder.names(with: "copy.db") == ["copy.db", "copy.db.sha256"])
        copy.close()
        await box.shutdown()
    }

    @Test func whatWasForgottenIsNotInIt() async throws {
        let box = try Postbox()
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        let secret = Payload("the old mill at eight".utf8)
        try await box.send(secret, to: .user(user("bob")), from: alice)
        let before = try await box.store.backup(to: box.folder.path("before.db"))
        try await box.drain(try await box.claim(["bob/phone"])[0])
        try await box.store.forgetAcknowledged()
        let after = try await box.store.backup(to: box.folder.path("after.db"))
        #expect(try Data(contentsOf: URL(filePath: before.path)).firstRange(of: secret) != nil)
        #expect(try Data(contentsOf: URL(filePath: after.path)).firstRange(of: secret) == nil)
        await box.shutdown()
    }

    @Test func nothingThatIsThereIsOverwritten() async throws {
        let box = try await Postbox.filled(megabytes: 1)
        for name in ["notes.txt", "copy.db.sha256"] {
            try Data("notes".utf8).write(to: URL(filePath: box.folder.path(name)))
        }
        let paths = [
            box.folder.path("notes.txt"), box.folder.path("copy.db"), box.folder.path("nowhere/copy.db"), "copy.db",
            box.folder.database, box.folder.database + "-wal", box.folder.database + "-journal",
            box.folder.path("../\(URL(filePath: box.folder.path("")).lastPathComponent)/test.db.key"),
        ]
        for path in paths {
            let error = await #expect(throws: StoreError.self, "\(path)") { try await box.store.backup(to: path) }
            #expect(error?.code == .cannotCreate, "\(path): \(String(describing: error))")
        }
        #expect(try Data(contentsOf: URL(filePath: box.folder.path("notes.txt"))) == Data("notes".utf8))
        #expect(!box.folder.exists("copy.db"))
        #expect(try box.folder.names(with: ".partial").isEmpty)
        // The store is as it was.
        try await box.perform([])
        await box.shutdown()
    }

    @Test func withoutRoomNothingIsBegun() throws {
        let folder = try Folder()
        let error = #expect(throws: StoreError.self) {
            _ = try BackupTarget(folder.path("copy.db"), database: folder.database, bytes: 1 << 20) { _ in 65 << 20 - 1
            }
        }
        #expect(error?.code == .cannotCreate && error?.message.contains("65 MB are needed") == true)
        #expect(try folder.names(with: "copy").isEmpty)
        let target = try BackupTarget(folder.path("copy.db"), database: nil, bytes: 1 << 20) { _ in 65 << 20 }
        target.discard()
    }

    @Test func aShutdownEndsIt() async throws {
        let box = try await Postbox.filled(megabytes: 20)
        for phase in [BackupProgress.Phase.copying, .summing] {
            let seen = Watch(phase)
            let report = box.backing(up: "copy.db") { seen.hold($0) }
            await seen.first()
            let shutdown = Task { [store = box.store] in await store.shutdown() }
            // The shutdown has been asked for when no other backup is begun any more.
            while await box.refusal() != Cancellation.error.message {}
            seen.letGo()
            let error = await #expect(throws: StoreError.self) { try await report.value }
            #expect(error?.code == .locked && error?.message.contains("shutting down") == true)
            await shutdown.value
            #expect(try box.folder.names(with: "copy.db").isEmpty, "\(phase)")
            try box.open()
        }
        await box.shutdown()
    }

    @Test func oneAtATime() async throws {
        let box = try await Postbox.filled(megabytes: 5)
        let seen = Watch()
        let first = box.backing(up: "first.db") { seen.hold($0) }
        await seen.first()
        let error = await #expect(throws: StoreError.self) {
            try await box.store.backup(to: box.folder.path("second.db"))
        }
        #expect(error?.code == .locked && error?.message.contains("another backup") == true)
        seen.letGo()
        _ = try await first.value
        _ = try await box.store.backup(to: box.folder.path("second.db"))
        await box.shutdown()
    }

    @Test func aCancelledBackupLeavesNothing() async throws {
        let box = try await Postbox.filled(megabytes: 5)
        let seen = Watch()
        let task = box.backing(up: "copy.db") { seen.hold($0) }
        await seen.first()
        task.cancel()
        seen.letGo()
        let error = await #expect(throws: StoreError.self) { try await task.value }
        #expect(error?.code == .locked)
        #expect(try box.folder.names(with: "copy.db").isEmpty)
        _ = try await box.folder.backup(box.store)
        await box.shutdown()
    }

    /// What the copy lacks, or has wrong, is seen before it gets its name.
    @Test func aCopyThatIsNotTheDatabaseIsRefused() async throws {
        let box = try await Postbox.filled(megabytes: 1)
        let made = try await box.store.backup(to: box.folder.path("copy.db"))
        await box.shutdown()
        for harm in [
            "DELETE FROM messages WHERE seq = (SELECT max(seq) FROM messages)", "DELETE FROM cursors",
            "UPDATE messages SET payload = x'00' WHERE seq = (SELECT max(seq) FROM messages)",
        ] {
            let target = try BackupTarget(box.folder.path("next.db"), database: nil, bytes: 1)
            try FileManager.default.removeItem(atPath: target.partial)
            try FileManager.default.copyItem(atPath: made.path, toPath: target.partial)
            let connection = try Connection(path: target.partial, mode: .readWrite)
            try connection.execute(harm)
            connection.close()
            let snapshot = Snapshot(connection: try Connection(path: box.folder.database, mode: .readOnly))
            let error = #expect(throws: StoreError.self, "\(harm)") {
                try BackupVerification(cancellation: Cancellation(), observer: { _ in }, keepDamaged: false)
                    .run(target, snapshot)
            }
            #expect(error?.code == .damaged)
            target.discard()
            #expect(!box.folder.exists("next.db"))
        }
    }
}

/// What these tests sent, without what the mailbox was filled with.
private let numbers = "SELECT payload FROM messages WHERE length(payload) = 8 ORDER BY seq"

private func numbered(_ number: Int) -> Payload { Payload(String(10_000_000 + number).utf8) }
