import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// How the connection must be set, asked of the connection that the store itself uses.
@Suite struct SettingsTests {
    static let expected = [
        "journal_mode": "wal",
        "synchronous": "2",  // FULL: a commit is on the disk before it is told (P1)
        "secure_delete": "1",  // deleted bytes are overwritten (P7)
        "page_size": "8192",
        "foreign_keys": "1",
        "wal_autocheckpoint": "0",
        "journal_size_limit": "67108864",
        "cache_size": "-262144",
        "temp_store": "2",  // memory: nothing of a message in a temporary file
        "application_id": "1380275028",  // "REST"
        "user_version": String(Schema.latest),
        "encoding": "UTF-8",
    ]

    /// Those of the connection are forgotten at its end, so a second opening must set them afresh.
    @Test func areReadBackFromTheStoresConnection() async throws {
        let folder = try Folder()
        for _ in 1...2 {
            let store = try SQLiteStore.open(path: folder.database)
            store.start(reportingTo: Answers())
            let found = try await store.ask { engine in
                try Self.expected.keys.reduce(into: [:]) { found, pragma in
                    found[pragma] = try engine.connection.first("PRAGMA \(pragma)") { $0.text(0) }
                }
            }
            #expect(found == Self.expected)
            await store.shutdown()
        }
    }

    /// A database in memory cannot have a WAL, and SQLite says so only to who asks.
    @Test func aSettingThatDoesNotTakeIsRefused() throws {
        let connection = try Connection(path: ":memory:", mode: .readWrite)
        defer { connection.close() }
        let error = #expect(throws: StoreError.self) { try Schema.configure(connection) }
        #expect(error?.code == .unsuitableSQLite)
        #expect(error?.message.contains("SQLite answers memory to PRAGMA journal_mode = wal") == true)
        #expect(error?.message.contains("Use a local disk") == true)
    }

    @Test func nobodyElseCanReadTheFiles() async throws {
        let folder = try Folder()
        let store = try SQLiteStore.open(path: folder.database)
        for name in ["test.db", "test.db-wal", "test.db-shm", "test.db.lock"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        await store.shutdown()
    }
}
