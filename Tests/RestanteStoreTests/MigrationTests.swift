import Foundation
import RestanteCore
import RestanteMigrations
import RestanteStore
import Testing

@testable import RestanteStore

/// What a database of an earlier schema holds is there after the real migrations.
@Suite(.timeLimit(.minutes(5))) struct MigrationTests {
    private static let rows = """
        INSERT INTO logs(log_id, kind, name) VALUES (1, 'device', 'bob/phone'), (2, 'user', 'bob');
        INSERT INTO devices(device_id, kind, user, device, log_id, registered_at, last_seen_at)
        VALUES (1, 'device', 'bob', 'phone', 1, 0, 0), (2, 'service', 'news', '', NULL, 0, 0);
        INSERT INTO cursors(device_id, log_id, started_seq, acked_seq) VALUES (1, 1, 0, 0), (1, 2, 0, 0);
        INSERT INTO accepted(message_id, sender_id, part, log_id, seq, accepted_at, digest)
        VALUES (randomblob(16), 2, 0, 2, 1, 0, x'00');
        UPDATE meta SET value = 100 WHERE key = 'next_seq';
        """

    @Test func fromVersion3() async throws {
        let folder = try Folder()
        try Migrator(migrations: Array(Migrations.all.prefix(3))).up(database: folder.database)
        try folder.run(Self.rows)
        #expect(try folder.texts("SELECT log || ' ' || state FROM deliveries") == ["user:bob pending"])
        let applied = try Migrator().up(database: folder.database)
        #expect(applied.map(\.version) == Array(4...Schema.latest))
        #expect(try folder.texts("SELECT log || ' ' || state FROM deliveries") == ["user:bob pending"])
        for table in ["revocations", "blocks", "withheld"] {
            #expect(try folder.texts("SELECT count(*) FROM \(table)") == ["0"])
        }
        #expect(try folder.texts("PRAGMA integrity_check") == ["ok"])
        let store = try SQLiteStore.open(path: folder.database)
        await store.shutdown()
    }
}
