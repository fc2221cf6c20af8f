import Foundation
import Glibc
import RestanteCore
import Testing

@testable import RestanteMigrations
@testable import RestanteStore

/// What is not ours, not sound or not free is refused with what to do, and stays as it was, byte for byte.
@Suite struct RefusedFileTests {
    @Test(arguments: Refused.all, Opening.allCases)
    func isLeftAsItWas(_ refused: Refused, _ opening: Opening) throws {
        let folder = try refused.make()
        let before = try folder.bytes()
        #expect((before["test.db-wal"]?.isEmpty == false) == refused.hasWAL)
        let error = #expect(throws: StoreError.self) { try opening.open(folder.database) }
        #expect(error?.code == refused.code)
        #expect(error?.message.contains(refused.advice) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(folder.database) == true)
        #expect(try folder.bytes() == before)
    }

    @Test(arguments: Opening.allCases)
    func whatARunningServerHolds(_ opening: Opening) throws {
        let folder = try Folder()
        try Migrator().up(database: folder.database)
        let before = try folder.bytes()
        let lock = try DatabaseLock(for: try resolvedPath(folder.database))
        withExtendedLifetime(lock) {
            let error = #expect(throws: StoreError.self) { try opening.open(folder.database) }
            #expect(error?.code == .locked)
            #expect(error?.message.contains("Stop it first, or talk to it") == true)
        }
        #expect(try folder.bytes() == before)
    }

    /// Its lock would be another one once the file is there: two servers could hold it.
    @Test(arguments: Opening.allCases)
    func aLinkToNothingIsRefused(_ opening: Opening) throws {
        let folder = try Folder()
        try FileManager.default.createSymbolicLink(
            atPath: folder.database, withDestinationPath: folder.path("elsewhere.db"))
        let error = #expect(throws: StoreError.self) { try opening.open(folder.database) }
        #expect(error?.code == .inputOutput)
        #expect(!folder.exists("elsewhere.db"))
    }

    /// A child between fork and exec holds copies of all descriptors; a copy of ours stands for it here.
    @Test func theLockIsGoneWhenItsHolderLetsGo() throws {
        let folder = try Folder()
        var copy: Int32 = -1
        do {
            let lock = try DatabaseLock(for: folder.database)
            copy = dup(lock.descriptor)
        }
        defer { close(copy) }
        #expect(throws: Never.self) { try DatabaseLock(for: folder.database) }
    }

    /// Two names of one file are one file.
    @Test func theLockHoldsUnderAnotherName() throws {
        let folder = try Folder()
        try Migrator().up(database: folder.database)
        let alias = folder.path("alias.db")
        try FileManager.default.createSymbolicLink(atPath: alias, withDestinationPath: folder.database)
        let lock = try DatabaseLock(for: try resolvedPath(folder.database))
        withExtendedLifetime(lock) {
            let error = #expect(throws: StoreError.self) { try SQLiteStore.open(path: alias) }
            #expect(error?.code == .locked)
        }
    }

    @Test func theLockIsFreeAfterShutdownAndAfterARefusal() async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database)
        #expect(throws: StoreError.self) { try SQLiteStore.open(path: folder.database) }
        await store.shutdown()
        try folder.run("UPDATE schema_migrations SET checksum = 'other'")
        for _ in 1...2 {
            let error = #expect(throws: StoreError.self) { try SQLiteStore.open(path: folder.database) }
            #expect(error?.code == .changedMigration)
        }
    }

    @Test func whatASQLiteShellIsWritingTo() throws {
        let folder = try Folder()
        try Migrator().up(database: folder.database)
        let shell = try Connection(path: folder.database, mode: .readWrite)
        defer { shell.close() }
        try shell.execute("BEGIN IMMEDIATE")
        let error = #expect(throws: StoreError.self) { try SQLiteStore.open(path: folder.database) }
        #expect(error?.code == .locked)
        #expect(error?.message.contains("an open sqlite3 shell perhaps. Close it first") == true)
        try shell.execute("ROLLBACK")
    }

    @Test(arguments: Opening.allCases)
    func aFolderThatIsNotThere(_ opening: Opening) throws {
        let folder = try Folder()
        let error = #expect(throws: StoreError.self) { try opening.open(folder.path("none/test.db")) }
        #expect(error?.code == .inputOutput)
        #expect(error?.message.contains("Create it, or name another") == true)
        #expect(!folder.exists("none"))
    }

    @Test func exitCodesAreDistinct() {
        #expect(Set(StoreError.Code.allCases.map(\.rawValue)).count == StoreError.Code.allCases.count)
    }
}

/// All ways in.
enum Opening: String, CaseIterable {
    case store, up, rehearsal, status

    func open(_ path: String) throws {
        switch self {
        case .store: _ = try SQLiteStore.open(path: path)
        case .up: try Migrator().up(database: path)
        case .rehearsal: try Migrator().up(database: path, dryRun: true)
        case .status: _ = try Migrator().status(database: path)
        }
    }
}
