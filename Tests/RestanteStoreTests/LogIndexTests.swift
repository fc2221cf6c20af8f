import Foundation
import RestanteCore
import Synchronization
import Testing

@testable import RestanteStore

/// The index by log trails the messages: nobody misses anything by that, whenever the process is killed.
@Suite(.timeLimit(.minutes(5))) struct LogIndexTests {
    private static let count = 200

    /// So many messages for bob and carol in turn; both are away.
    private func written(indexEvery: Int? = nil) async throws -> Postbox {
        let postbox = try Postbox(indexEvery: indexEvery)
        let alice = try await postbox.claim(["alice/phone"])[0]
        try await postbox.register(["bob/phone", "carol/phone"])
        let id = MessageID(at: postbox.clock.now())
        try await postbox.perform(
            (0..<Self.count).map { number in
                .send(
                    Submission(
                        id: MessageID(high: id.high, low: id.low &+ UInt64(number)),
                        to: .user(user(number % 2 == 0 ? "bob" : "carol")),
                        content: .payload([UInt8(number)] + Payload(repeating: 0, count: 100))),
                    from: .session(alice))
            })
        // However slow the machine is, no minute passes.
        try await postbox.store.ask { $0.settledAt = .max / 2 }
        return postbox
    }

    /// What a kill leaves: all that was committed, and nothing of what the process knew.
    ///
    /// - Parameter body: what it does last, in one piece.
    private func killed(
        _ postbox: Postbox, after body: @escaping @Sendable (Engine) throws -> Void = { _ in }
    ) async throws -> Postbox {
        try .opening(try await left(by: postbox, after: body), "test.db")
    }

    private func left(
        by postbox: Postbox, after body: @escaping @Sendable (Engine) throws -> Void = { _ in }
    ) async throws -> Folder {
        let folder = try Folder()
        try await postbox.store.ask { engine in
            try body(engine)
            let copy = try Connection(path: folder.database, mode: .readWrite)
            defer { copy.close() }
            try engine.connection.copy(to: copy)
        }
        await postbox.shutdown()
        return folder
    }

    private func drainBoth(_ postbox: Postbox) async throws {
        for (name, first) in [("bob", 0), ("carol", 1)] {
            let session = try await postbox.claim(["\(name)/phone"])[0]
            let payloads = try await postbox.drain(session).compactMap(\.payload.first)
            #expect(payloads == stride(from: first, to: Self.count, by: 2).map { UInt8($0) })
        }
    }

    /// The file holds nothing that is wrong, and no entry of what has gone.
    private func endsEmpty(_ postbox: Postbox) async throws {
        try await postbox.store.forgetAcknowledged()
        await postbox.shutdown()
        let left = "SELECT (SELECT count(*) FROM owed), (SELECT count(*) FROM messages)"
        #expect(try postbox.rows(left) == [["0", "0"]])
        #expect(try DatabaseCheck.run(database: postbox.folder.database, full: true).findings.map(\.description) == [])
    }

    /// What both devices are to acknowledge, when all has been read.
    private func readBoth(_ postbox: Postbox) async throws -> [StoreCommand] {
        var commands: [StoreCommand] = []
        for session in try await postbox.claim(["bob/phone", "carol/phone"]) {
            let events = try await postbox.perform([.read(session)])
            guard case .page(_, let page, false)? = events.first(where: { $0.isPage(of: session) }) else { continue }
            commands.append(.acknowledge(session, through: try #require(page.last).tag))
        }
        #expect(commands.count == 2)
        return commands
    }

    /// In a slice without time the logs are sorted, or 64 rows are written.
    private static func settle(_ engine: Engine, slices: Int) throws {
        for _ in 0..<slices { try engine.transaction { try engine.index.settle(at: engine.positions.head, until: 0) } }
    }

    @Test(arguments: 0...5)
    func aKilledProcessLeavesWhatIsNeeded(slices: Int) async throws {
        let next = try await killed(written()) { engine in
            try Self.settle(engine, slices: slices)
            let rows = try engine.connection.first("SELECT count(*) FROM owed") { $0.int(0) }
            #expect(rows == [0, 0, 64, 128, 192, 200][slices])
        }
        try await drainBoth(next)
        try await endsEmpty(next)
    }

    /// It goes on settling meanwhile.
    @Test func whatASessionReadsDoesNotDependOnIt() async throws {
        let postbox = try await written()
        try await postbox.store.ask { try Self.settle($0, slices: 2) }
        try await drainBoth(postbox)
        try await endsEmpty(postbox)
    }

    /// Between any two slices of a sweep a process may be killed.
    @Test(arguments: [0, 2, 5])
    func aSweepThatWasKilledIsFinished(slices: Int) async throws {
        var steps = 0
        var isOver = false
        while !isOver {
            let postbox = try await written()
            let acknowledgements = try await readBoth(postbox)
            let wanted = steps
            let ended = Mutex(false)
            let next = try await killed(postbox) { engine in
                _ = try engine.run(acknowledgements)
                try Self.settle(engine, slices: slices)
                for _ in 0..<wanted where !engine.sweeper.isEmpty {
                    try engine.transaction {
                        try engine.sweeper.sweep(engine.connection, engine.index, &engine.recent, until: 0)
                    }
                }
                ended.withLock { $0 = engine.sweeper.isEmpty }
            }
            for name in ["bob", "carol"] {
                #expect(try await next.drain(next.claim(["\(name)/phone"])[0]).isEmpty)
            }
            try await endsEmpty(next)
            isOver = ended.withLock { $0 }
            steps += 9
        }
        #expect(steps > 18)
    }

    /// What is delivered at once, as most mail is, is never written there.
    @Test func whatWasSweptBeforeItSettledIsNotWritten() async throws {
        let postbox = try await written()
        try await drainBoth(postbox)
        try await postbox.store.forgetAcknowledged()
        try await postbox.store.ask { engine in
            #expect(engine.index.fresh.count == 0 && engine.index.fresh.size == Self.count)
            try engine.finishIndex(until: .max)
            #expect(engine.index.through == engine.positions.head)
        }
        #expect(try postbox.rows("SELECT count(*) FROM owed") == [["0"]])
        try await endsEmpty(postbox)
    }

    /// What is swept while it is being written does not come there afterwards.
    @Test func whatIsSweptMeanwhileIsNotWritten() async throws {
        let postbox = try await written()
        let acknowledgements = try await readBoth(postbox)
        try await postbox.store.ask { engine in
            _ = try engine.run(acknowledgements)
            try Self.settle(engine, slices: 3)
            #expect(engine.index.settling != nil && !engine.sweeper.isEmpty)
            while !engine.sweeper.isEmpty { try engine.sweepSlice() }
            try engine.finishIndex(until: .max)
        }
        #expect(try postbox.rows("SELECT count(*) FROM owed") == [["0"]])
        try await endsEmpty(postbox)
    }

    /// What was in memory alone when the sweep gathered it may have been written before its messages are gone.
    @Test func whatSettlesBetweenTwoSlicesOfASweepGoesToo() async throws {
        let postbox = try await written()
        let acknowledgements = try await readBoth(postbox)
        try await postbox.store.ask { engine in
            _ = try engine.run(acknowledgements)
            try engine.transaction {
                try engine.sweeper.sweep(engine.connection, engine.index, &engine.recent, until: 0)
            }
            try engine.finishIndex(until: .max)
            while !engine.sweeper.isEmpty { try engine.sweepSlice() }
        }
        #expect(try postbox.rows("SELECT count(*) FROM owed") == [["0"]])
        #expect(try await postbox.store.ask { try $0.index.count() } == 0)
        try await endsEmpty(postbox)
    }

    @Test func itSettlesByItselfWhenEnoughHasCome() async throws {
        let postbox = try await written(indexEvery: 100)
        // Questions are asked between two batches, and after each there is time for a slice.
        for _ in 0..<100 where try postbox.rows("SELECT count(*) FROM owed") != [["\(Self.count)"]] {
            try await postbox.perform([])
        }
        #expect(try postbox.rows("SELECT count(*) FROM owed") == [["\(Self.count)"]])
        try await drainBoth(postbox)
        try await endsEmpty(postbox)
    }

    /// Views and counts have what the index lacks.
    @Test func whatHasNotSettledIsSeen() async throws {
        let postbox = try await written()
        for slices in 0...5 {
            let all = "\(Self.count)"
            #expect(try postbox.rows("SELECT count(*), count(DISTINCT seq) FROM waiting") == [[all, all]])
            #expect(try postbox.rows("SELECT sum(messages) FROM mailboxes") == [[all]])
            #expect(try postbox.rows("SELECT count(*) FROM log_messages") == [[all]])
            #expect(try await postbox.store.ask { try $0.index.count() } == Int64(Self.count), "after \(slices) slices")
            try await postbox.store.ask { try Self.settle($0, slices: 1) }
        }
        await postbox.shutdown()
    }

    /// A clean stop leaves nothing to read for the next start.
    @Test func aCleanStopSettlesAll() async throws {
        let postbox = try await written()
        await postbox.shutdown()
        #expect(try postbox.rows("SELECT count(*) FROM owed") == [["\(Self.count)"]])
        let left = "SELECT value = (SELECT max(seq) FROM messages) FROM meta WHERE key = 'owed_through'"
        #expect(try postbox.rows(left) == [["1"]])
    }

    @Test(arguments: [
        ("DELETE FROM owed WHERE seq = (SELECT max(seq) FROM owed)", "owed has no entry for it"),
        ("UPDATE owed SET log_id = 1 WHERE seq = (SELECT max(seq) FROM owed)", "is of another log"),
        ("DELETE FROM messages WHERE seq = (SELECT max(seq) FROM owed)", "the message is not there"),
    ])
    func aCheckFindsWhatDoesNotFit(_ sql: String, _ what: String) async throws {
        let postbox = try await written()
        await postbox.shutdown()
        try postbox.folder.run(sql)
        let findings = try DatabaseCheck.run(database: postbox.folder.database, full: true).findings
        #expect(findings.contains { $0.what.contains(what) })
    }

    /// A page that cannot be read would hide what lies behind it from the look through the messages. Whoever reads so far ends
    /// the store, and nobody takes what is known for all there is.
    @Test func aDamagedPageOfTheTailHidesNobodysMessages() async throws {
        let folder = try await left(by: written())
        try folder.spoilThirdPage(of: "messages")
        let next = try Postbox.opening(folder, "test.db")
        try await next.store.ask { engine in
            for name in ["bob", "carol"] {
                let log = try #require(try engine.directory.user(user(name))).log
                let known = try engine.index.positions(of: log, after: 0, through: .max, limit: .max)
                #expect(known.count == Self.count / 2)
            }
        }
        await next.shutdown()
    }
}

extension Folder {
    /// The third leaf of a table gets a type that no page has.
    fileprivate func spoilThirdPage(of table: String) throws {
        let pages = try texts("SELECT pageno FROM dbstat WHERE name = '\(table)' AND pagetype = 'leaf' ORDER BY path")
        let page = try #require(pages.dropFirst(2).first.flatMap { UInt64($0) })
        let file = try FileHandle(forUpdating: URL(filePath: database))
        defer { try? file.close() }
        try file.seek(toOffset: (page - 1) * 8192)
        try file.write(contentsOf: Data([0xFF]))
    }
}
