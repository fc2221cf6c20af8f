import Foundation
import Glibc
import RestanteClient
import RestanteCore
import Testing

extension SystemTests {
    /// The commands as an operator uses them.
    @Suite struct BackupTests {
        @Test func aBackupUnderLoadIsRestoredAndServes() async throws {
            try await ServerProcess.with { server in
                let home = server.home
                try await Device.with("bob", on: server) { try await $0.untilDrained() }
                let accepted = try await Device.with("alice", on: server) { alice in
                    var texts: [String] = []
                    for number in 1...200 {
                        texts.append("early \(number)")
                        try await alice.send("early \(number)", to: .user("bob"))
                    }
                    let isOver = Watched(false)
                    async let sending: Void = {
                        var number = 0
                        while !isOver.now {
                            number += 1
                            try await alice.send("late \(number)", to: .user("bob"))
                        }
                    }()
                    let made = try await home.restante("backup", "b.db", "--database", home.database)
                    isOver.change { $0 = true }
                    try await sending
                    #expect(made.status == 0 && made.output.contains("verified"), "\(made)")
                    // No terminal: no bar.
                    #expect(made.errors.isEmpty, "\(made)")
                    return texts
                }
                let sum = try await Command.run("/usr/bin/sha256sum", ["-c", "b.db.sha256"], in: home)
                #expect(sum.output == "b.db: OK\n", "\(sum)")
                let epoch = try await Device.with("bob", on: server) { bob in
                    try await bob.untilDrained()
                    #expect(bob.events.now.texts.starts(with: accepted))
                    return try #require(bob.events.now.epoch)
                }
                #expect(try await server.terminate() == 0)
                // What bob acknowledged since comes again; only a new epoch can tell him.
                let restored = try await home.restante("restore", "b.db", "--database", "new.db")
                #expect(restored.status == 0 && restored.output.contains("new epoch"), "\(restored)")
                try home.putInPlace("new.db")
                try await server.startAgain()
                try await Device.with("bob", on: server) { bob in
                    try await bob.untilDrained()
                    let texts = bob.events.now.texts
                    #expect(texts.starts(with: accepted) && texts.count >= 200, "\(texts.count)")
                    #expect(bob.events.now.epoch != nil && bob.events.now.epoch != epoch)
                }
            }
        }

        /// A client that stays learns of the restore, and what it sends goes through.
        @Test func aClientThatIsConnectedSeesTheNewEpoch() async throws {
            try await ServerProcess.with { server in
                let home = server.home
                try await Device.with("bob", on: server) { bob in
                    try await bob.untilDrained()
                    #expect(try await home.restante("backup", "b.db", "--database", home.database).status == 0)
                    #expect(try await server.terminate() == 0)
                    #expect(try await home.restante("restore", "b.db", "--database", "new.db").status == 0)
                    try home.putInPlace("new.db")
                    try await server.startAgain()
                    let (from, to) = try await bob.events.first { events in
                        for case .epochChanged(let from, let to) in events { return (from, to) }
                        return nil
                    }
                    #expect(from != to)
                    let sent = try await server.restante("send", "--plain", "--to", "bob", "hello", as: "alice/laptop")
                    #expect(sent.status == 0, "\(sent)")
                    #expect(try await bob.texts(1) == ["hello"])
                }
            }
        }

        @Test func wrongUsesOfBackupSayWhy() async throws {
            try await ServerProcess.with { server in
                let home = server.home
                try Data("notes".utf8).write(to: URL(filePath: home.file("notes.txt")))
                for (file, word) in [
                    ("notes.txt", "is there already"), ("nowhere/b.db", "does not exist"),
                    ("mail.db", "database itself"),
                    ("mail.db-wal", "database itself"), ("/proc/b.db", "cannot create"),
                ] {
                    let done = try await home.restante("backup", file, "--database", home.database)
                    #expect(done.status == 73 && done.errors.contains(word), "\(file): \(done)")
                }
                #expect(home.bytes("notes.txt") == Data("notes".utf8))
                #expect(try await home.restante("backup", "--database", home.database).status == 64)
                #expect(try await server.terminate() == 0)
                let alone = try await home.restante("backup", "b.db", "--database", home.database)
                #expect(alone.status == 69, "\(alone)")
            }
        }

        @Test func wrongUsesOfRestoreSayWhy() async throws {
            try await ServerProcess.with { server in
                let home = server.home
                _ = try await server.restante("listen", "--once", as: "bob/phone")
                #expect(try await home.restante("backup", "b.db", "--database", home.database).status == 0)
                let bytes = home.bytes("b.db")
                var flipped = bytes
                flipped[bytes.count / 2] ^= 4
                for (name, content) in [
                    ("half.db", bytes.prefix(bytes.count / 2)), ("diary", Data("Dear diary".utf8)),
                    ("flip.db", flipped),
                ] { try content.write(to: URL(filePath: home.file(name))) }
                try home.bytes("b.db.sha256").write(to: URL(filePath: home.file("flip.db.sha256")))
                for (backup, database, status, word) in [
                    ("b.db", "mail.db", 75, "running server"), ("mail.db", "new.db", 75, "running server"),
                    ("b.db", "b.db", 73, "Move"), ("half.db", "new.db", 81, "damaged"),
                    ("diary", "new.db", 65, "no backup"),
                    ("flip.db", "new.db", 81, "SHA-256"), ("missing.db", "new.db", 74, "missing.db"),
                ] as [(String, String, Int32, String)] {
                    let done = try await home.restante("restore", backup, "--database", database)
                    #expect(done.status == status && done.errors.contains(word), "\(backup): \(done)")
                }
                #expect(home.bytes("new.db").isEmpty)
                #expect(home.bytes("b.db") == bytes)
            }
        }

        /// Gone in the middle: the file has no name yet, and the server lives on.
        @Test func aBackupThatIsInterruptedLeavesNothing() async throws {
            try await ServerProcess.with { server in
                let home = server.home
                let backup = try Program(
                    Products.restante, ["backup", "b.db", "--database", home.database], environment: home.environment,
                    directory: home.url)
                backup.signal(SIGKILL)
                _ = try await backup.status
                #expect(try await server.terminate() == 0)
                let left = try FileManager.default.contentsOfDirectory(atPath: home.url.path)
                #expect(left.filter { $0.contains(".partial-") }.isEmpty, "\(left)")
            }
        }
    }
}

extension Home {
    /// Moves the database away, as the message of `restore` says, and a restored one to its place.
    fileprivate func putInPlace(_ name: String) throws {
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: database + suffix) {
            try FileManager.default.moveItem(atPath: database + suffix, toPath: database + ".old" + suffix)
        }
        try FileManager.default.moveItem(atPath: file(name), toPath: database)
    }
}

extension [ClientEvent] {
    /// Of the last welcome.
    fileprivate var epoch: String? {
        compactMap { if case .welcome(let welcome) = $0 { welcome.epoch } else { nil } }.last
    }
}
