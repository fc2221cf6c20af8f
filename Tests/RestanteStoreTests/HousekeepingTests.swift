import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// What the store does by itself while it runs: nothing here waits for a shutdown, which tidies up on its own.
@Suite(.timeLimit(.minutes(1))) struct HousekeepingTests {
    /// One log alone, larger than a slice: the slices must follow each other at once.
    @Test func acknowledgedMailIsSweptWhileTheStoreRuns() async throws {
        let box = try Postbox()
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        let messages = 3 * Sweeper.sliceMessages
        for _ in 0..<3 {
            try await box.perform(
                (0..<Sweeper.sliceMessages).map { _ in
                    .send(
                        Submission(id: MessageID(at: box.clock.now()), to: .user(user("bob")), content: .payload([7])),
                        from: .session(alice))
                })
        }
        #expect(try box.rowCounts()["messages"] == messages)
        let bob = try await box.claim(["bob/phone"])[0]
        try await box.drain(bob)
        let start = ContinuousClock.now
        while try box.rowCounts()["messages"] != 0 { try await box.perform([]) }
        #expect(ContinuousClock.now - start < .seconds(3), "slices of one log wait for each other")
        await box.shutdown()
    }

    /// A slice is bounded in bytes: 256 kB payloads are overwritten page by page.
    @Test func aSliceOfLargeMessagesIsFewMessages() throws {
        let folder = try Folder()
        var sweeper = Sweeper()
        let connection = try Connection(path: folder.path("slice.db"), mode: .readWrite)
        defer { connection.close() }
        try Migrator().apply(on: connection)
        try connection.execute(
            """
            INSERT INTO logs(log_id, kind, name) VALUES (1, 'user', 'bob');
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)
            INSERT INTO messages SELECT i, 1, 1, randomblob(16), 0, 0, 0, 0, i, i * 262144, 0, zeroblob(262144) FROM n
            """)
        sweeper.note(1)
        try sweeper.sweep(connection)
        let left = try connection.first("SELECT count(*) FROM messages") { $0.int(0) } ?? 0
        #expect(left == 40 - Sweeper.sliceBytes / 262144)
        #expect(!sweeper.isEmpty)
        while !sweeper.isEmpty { try sweeper.sweep(connection) }
        #expect(try connection.first("SELECT count(*) FROM messages") { $0.int(0) } == 0)
        #expect(
            try connection.first("SELECT swept_count, swept_bytes FROM logs") { [$0.int(0), $0.int(1)] }
                == [40, 40 * 262144])
    }

    /// Found again after a kill, from cursors and logs.
    @Test func whatWasNotSweptIsFoundAtTheNextStart() throws {
        let folder = try Folder()
        let connection = try Connection(path: folder.database, mode: .readWrite)
        defer { connection.close() }
        try Migrator().apply(on: connection)
        try connection.execute(
            """
            INSERT INTO logs(log_id, kind, name) VALUES (1, 'user', 'a'), (2, 'user', 'b'), (3, 'user', 'c');
            INSERT INTO cursors(device_id, log_id, started_seq, acked_seq) VALUES (1, 1, 0, 5), (2, 2, 0, 5);
            INSERT INTO messages SELECT column1, column2, 9, randomblob(16), 0, 0, 0, 0, 1, 0, 0, x''
                FROM (VALUES (5, 1), (6, 2), (7, 3))
            """)
        var sweeper = Sweeper()
        try sweeper.rebuild(connection)
        // 1 was acknowledged, 3 is owed to nobody; 2 is still owed.
        #expect(sweeper.count == 2)
        while !sweeper.isEmpty { try sweeper.sweep(connection) }
        #expect(try connection.all("SELECT seq FROM messages") { $0.int(0) } == [6])
    }

    /// Many devices may choose one id, and a sealed send has a row a part: more rows than a slice under one id.
    @Test func pruningGetsPastManyRowsOfOneID() async throws {
        let now = StoreClock.wall.now()
        let folder = try Folder()
        let connection = try Migrator().openForWriting(folder.database)
        defer { connection.close() }
        try Migrator().apply(on: connection)
        let old = MessageID(at: now - 8 * 24 * 3600 * 1000)
        for sender in 1...2500 {
            try connection.run(
                "INSERT INTO accepted VALUES (?1, ?2, 0, 1, 1, 0, x'00', 0)", old.bytes, sender)
        }
        try connection.run("INSERT INTO accepted VALUES (?1, 1, 0, 1, 1, 0, x'00', 0)", MessageID(at: now).bytes)
        try connection.execute("INSERT INTO ended_cursors VALUES (NULL, 1, 1, 0, 0, 0, 0, 0)")
        try connection.execute(
            "INSERT INTO losses VALUES (NULL, 1, 1, 1, 1, 3, 1, 0, 1), (NULL, 1, 1, 1, 1, 3, 1, 0, 0)")
        let engine = try Engine(connection: connection, limits: Limits(), node: "local", clock: StoreClock { now })
        var slices = 0
        while try engine.pruneSlice(), slices < 100 { slices += 1 }
        #expect(slices < 100)
        #expect(try connection.first("SELECT count(*) FROM accepted") { $0.int(0) } == 1)
        #expect(engine.idsFrom > old)
        #expect(try connection.first("SELECT count(*) FROM ended_cursors") { $0.int(0) } == 0)
        // What a device has not been told of yet stays.
        #expect(try connection.all("SELECT acked FROM losses") { $0.int(0) } == [0])
    }
}
