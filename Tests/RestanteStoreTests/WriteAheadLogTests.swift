import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// What SQLite would drop in silence is refused; what a crash leaves behind is not.
@Suite(.timeLimit(.minutes(5))) struct WriteAheadLogTests {
    @Test func whatAKillLeavesIsSound() throws {
        let wal = try WALFile()
        let found = try wal.look()
        #expect(found.state == .sound)
        #expect(found.commits == wal.commits.count)
        #expect(wal.commits.count == 5)
    }

    /// Every field of a frame's header, and the page, of every frame.
    @Test(arguments: [0, 3, 4, 7, 8, 12, 16, 23, 24, 4000, 8215])
    func aFlipBeforeTheLastCommitIsDamage(_ place: Int) throws {
        let wal = try WALFile()
        let sound = try wal.bytes()
        let last = wal.commits[wal.commits.count - 2]
        for frame in 0...(wal.commits.last ?? 0) {
            try wal.write(sound)
            try wal.flip(WALHeader.size + frame * WALFile.frame + place)
            if frame <= last {
                let error = #expect(throws: StoreError.self, "frame \(frame)") { try wal.look() }
                #expect(error?.code == .damaged)
            } else if (4..<8).contains(place), frame < wal.commits.last ?? 0 {
                // It looks like a commit now, with frames behind it: damage, too.
                #expect(throws: StoreError.self) { try wal.look() }
            } else {
                // A part of one transaction: a flip cannot be told from what a crash leaves.
                let found = try wal.look()
                #expect(found.commits == wal.commits.count - 1, "frame \(frame)")
                #expect(found.state != .empty)
            }
        }
    }

    @Test(arguments: 0..<32)
    func aFlipInTheHeaderIsDamage(_ place: Int) throws {
        let wal = try WALFile(commits: 1)
        try wal.flip(place)
        let error = #expect(throws: StoreError.self) { try wal.look() }
        #expect(error?.code == .damaged)
    }

    @Test(arguments: Opening.allCases)
    func aRefusedWALIsLeftAsItWas(_ opening: Opening) throws {
        let wal = try WALFile()
        try wal.flip(WALHeader.size + WALFile.frame + 100)
        let before = try wal.folder.bytes()
        let error = #expect(throws: StoreError.self) { try opening.open(wal.folder.database) }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("restore a backup") == true)
        #expect(error?.message.contains("When a file is damaged") == true)
        #expect(try wal.folder.bytes() == before)
        #expect(!wal.folder.exists("test.db-shm"))
    }

    /// SQLite goes on from the start of the file, and leaves behind it what was there.
    @Test func whatAnEarlierUseLeftIsNoDamage() throws {
        let wal = try WALFile(commits: 2, before: 6)
        #expect(try wal.look().state == .sound)
        #expect(try wal.look().commits == 2)
        let start = WALHeader.size + (wal.commits[0] + 1) * WALFile.frame
        try wal.flip(start + 100)
        #expect(try wal.look().commits == 1)
        try wal.flip(WALHeader.size + 100)
        #expect(throws: StoreError.self) { try wal.look() }
    }

    /// A cut at a place inside a transaction leaves the commits before it.
    @Test func aCutLeavesWhatStandsBeforeIt() throws {
        let wal = try WALFile()
        let sound = try wal.bytes()
        let second = WALHeader.size + (wal.commits[1] + 1) * WALFile.frame
        for length in [second, second + 1, second + 24, second + WALFile.frame, second + WALFile.frame + 100] {
            try wal.write(sound.prefix(length))
            #expect(try wal.look().commits == 2, "\(length)")
        }
        for length in [0, 31, 32, 40, 56] {
            try wal.write(sound.prefix(length))
            #expect(try wal.look().commits == 0, "\(length)")
        }
    }

    /// Two transactions that were torn one after the other must not look like damage: the first is gone before the second
    /// is written.
    @Test func aTornTailIsGoneBeforeTheNextCommit() throws {
        let wal = try WALFile()
        try wal.flip(WALHeader.size + ((wal.commits.last ?? 0) - 1) * WALFile.frame + 100)
        #expect(try wal.look().state == .tornTail)
        let connection = try Migrator().openForWriting(wal.folder.database, leaving: try wal.look())
        let salts = try PlainFileBytes.read(wal.folder.path("test.db-wal"))
        connection.close()
        #expect(salts.isEmpty)
    }

    // MARK: WALs of others

    @Test func aWALWithOtherPagesIsRefused() throws {
        let wal = try WALFile()
        let other = try Folder()
        try other.run("PRAGMA page_size = 4096; CREATE TABLE recipes(name TEXT)")
        let copy = try other.copyWithWAL(after: "INSERT INTO recipes VALUES ('soup')")
        try wal.write(try copy.bytes()["test.db-wal", default: Data()])
        let error = #expect(throws: StoreError.self) { try wal.look() }
        #expect(error?.message.contains("another database's") == true)
    }

    @Test func aWALOfALargerOrSmallerDatabaseIsRefused() throws {
        let small = try WALFile(commits: 2)
        let large = try WALFile(commits: 2, before: 40)
        let (ofSmall, ofLarge) = (try small.bytes(), try large.bytes())
        try small.write(ofLarge)
        try large.write(ofSmall)
        for wal in [small, large] {
            let error = #expect(throws: StoreError.self) { try wal.look() }
            #expect(error?.message.contains("does not go with the database") == true)
        }
    }

    @Test(arguments: [true, false])
    func aWALWithoutItsDatabaseIsRefused(_ isEmpty: Bool) throws {
        let wal = try WALFile()
        try FileManager.default.removeItem(atPath: wal.folder.database)
        if isEmpty { try wal.folder.write(Data()) }
        let error = #expect(throws: StoreError.self) { try SQLiteStore.open(path: wal.folder.database) }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("missing or empty") == true)
    }

    @Test func aCleanStopLeavesAnEmptyWAL() async throws {
        let postbox = try Postbox()
        let session = try await postbox.claim(["alice/phone"])[0]
        try await postbox.register(["bob/phone"])
        try await postbox.send([1, 2, 3], to: .user(user("bob")), from: session)
        await postbox.shutdown()
        #expect(try WriteAheadLog.look(besides: postbox.folder.database) == WriteAheadLog())
        #expect(try PlainFileBytes.read(postbox.folder.path("test.db-wal")).isEmpty)
    }
}

/// A file's bytes; none when it is not there.
enum PlainFileBytes {
    static func read(_ path: String) throws -> Data {
        FileManager.default.fileExists(atPath: path) ? try Data(contentsOf: URL(filePath: path)) : Data()
    }
}
