import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// What the store does by itself while it runs: nothing here waits for a shutdown, which tidies up on its own.
@Suite(.timeLimit(.minutes(5))) struct HousekeepingTests {
    /// One log alone, larger than a slice: the slices must follow each other at once.
    @Test func acknowledgedMailIsSweptWhileTheStoreRuns() async throws {
        let box = try Postbox()
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        let messages = 30_000
        for _ in 0..<30 {
            try await box.perform(
                (0..<1000).map { _ in
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

    /// A slice is bounded in time: large payloads are overwritten page by page.
    @Test func aSliceOfLargeMessagesIsShort() throws {
        let folder = try Folder()
        var sweeper = Sweeper()
        var recent = RecentMessages()
        let connection = try Connection(path: folder.database, mode: .readWrite)
        defer { connection.close() }
        try Migrator().apply(on: connection)
        try connection.execute(
            """
            INSERT INTO logs(log_id, kind, name) VALUES (1, 'user', 'bob');
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
            INSERT INTO messages SELECT i, 1, 1, randomblob(16), 0, 0, 0, 0, i, i * 262144, 0, zeroblob(262144) FROM n;
            PRAGMA secure_delete = ON
            """)
        let index = try LogIndex(connection, through: 500)
        var slices = 0
        while !sweeper.isEmpty {
            try connection.execute("BEGIN")
            try sweeper.sweep(connection, index, &recent, until: monotonicNanoseconds() + 4_000_000)
            try connection.execute("COMMIT")
            slices += 1
        }
        #expect(slices > 5, "125 MB in \(slices) slices")
        #expect(try connection.first("SELECT count(*) FROM messages") { $0.int(0) } == 0)
        #expect(
            try connection.first("SELECT swept_count, swept_bytes FROM logs") { [$0.int(0), $0.int(1)] }
                == [500, 500 * 262144])
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
        let index = try LogIndex(connection, through: 7)
        var sweeper = Sweeper()
        var recent = RecentMessages()
        // 1 was acknowledged, 3 is owed to nobody; 2 is still owed.
        while !sweeper.isEmpty { try sweeper.sweep(connection, index, &recent, until: .max) }
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
        let engine = try Engine(connection: connection, options: StoreOptions(clock: StoreClock { now }))
        var slices = 0
        while try engine.pruneSlice(), slices < 100 { slices += 1 }
        #expect(slices < 100)
        #expect(try connection.first("SELECT count(*) FROM accepted") { $0.int(0) } == 1)
        #expect(engine.idsFrom > old)
        #expect(try connection.first("SELECT count(*) FROM ended_cursors") { $0.int(0) } == 0)
        // What a device has not been told of yet stays.
        #expect(try connection.all("SELECT acked FROM losses") { $0.int(0) } == [0])
    }

    /// What nobody will have is swept only after its sender has been told.
    @Test func theSweepWaitsForEndings() throws {
        let folder = try Folder()
        let connection = try Migrator().openForWriting(folder.database)
        defer { connection.close() }
        try Migrator().apply(on: connection)
        let engine = try Engine(connection: connection, options: StoreOptions())
        let (alice, bob) = (SessionID(1), SessionID(2))
        let submission = Submission(
            id: MessageID(at: engine.now), to: .user(user("bob")), content: .payload([7]), receipt: true)
        _ = try engine.run([
            .claim(Claim(session: alice, address: address("alice/laptop"), tokenIssuedAt: 1)),
            .claim(Claim(session: bob, address: address("bob/phone"), tokenIssuedAt: 1)), .release(bob), .read(alice),
            .send(submission, from: .session(alice)),
            .request(.unlink(address("bob/phone")), id: 1, from: .operators(CallID(1))),
        ])
        while !engine.sweeper.isEmpty { try engine.sweepSlice() }
        let events = try engine.retentionSlice()
        let told = events.flatMap { event -> [Owed] in
            if case .page(alice, let page, _) = event { page.map(\.owed) } else { [] }
        }
        #expect(told == [.undelivered([submission.id], reason: .unlinked)])
        while !engine.sweeper.isEmpty { try engine.sweepSlice() }
        #expect(try connection.first("SELECT count(*) FROM messages") { $0.int(0) } == 0)
    }

    /// All devices of a server that starts again ask at once: one commit serves so many, the next ones the others.
    @Test func pagesOfOneCommitAreBounded() throws {
        let folder = try Folder()
        let connection = try Migrator().openForWriting(folder.database)
        defer { connection.close() }
        try Migrator().apply(on: connection)
        let engine = try Engine(connection: connection, options: StoreOptions())
        let sessions = (0..<40).map { SessionID(UInt64($0)) }
        _ = try engine.run(
            sessions.map {
                .claim(Claim(session: $0, address: address("user\($0)/phone"), tokenIssuedAt: .max / 2000))
            })
        let payload = Payload(repeating: 7, count: 200_000)
        _ = try engine.run(
            sessions.map {
                let submission = Submission(
                    id: MessageID(at: engine.now), to: .user(user("user\($0)")), content: .payload(payload))
                return .send(submission, from: .service(CallID(1), ServiceName(unchecked: "backend"), issuedAt: 1))
            })
        var served: [SessionID] = []
        var commits = 0
        while served.count < 40, commits < 40 {
            let events = try engine.run(commits == 0 ? sessions.map { .read($0) } : [])
            let pages = events.compactMap { if case .page(let session, _, _) = $0 { session } else { nil } }
            #expect((1...25).contains(pages.count), "\(pages.count) pages of 200 kB in one commit")
            served += pages
            commits += 1
        }
        #expect(served == sessions && !engine.hasPagesToRead)
    }
}
