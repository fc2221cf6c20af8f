import CSQLite
import FaultKit
import Foundation
import RestanteCore
import RestanteStore

/// Restores a backup and holds it against the ledger.
struct BackupComparison {
    let folder: String
    let copy: String

    func run(_ ledger: BackupLedger) async throws {
        try compare(try BackupRows(try restored(copy), ledger.seed), ledger)
        try expectForgotten(ledger)
        // Of an earlier round: the server has gone on since, beyond the positions that it knows of.
        let earlier = folder + "/earlier.db"
        if FileManager.default.fileExists(atPath: earlier) {
            try await expectNewPositions(try restored(earlier))
            try FileManager.default.removeItem(atPath: earlier)
        }
        try FileManager.default.removeItem(atPath: copy + ".sha256")
        try FileManager.default.moveItem(atPath: copy, toPath: earlier)
    }

    private func restored(_ backup: String) throws -> String {
        let database = folder + "/restored.db"
        for suffix in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: database + suffix) }
        _ = try Restore(backup: backup, database: database).run()
        return database
    }

    private func compare(_ rows: BackupRows, _ ledger: BackupLedger) throws {
        let lost = ledger.acceptedBefore.subtracting(ledger.requestedMeanwhile).subtracting(rows.waiting)
        guard lost.isEmpty else { throw BackupBroken("accepted before the backup and not in it: \(lost.sorted())") }
        let back = ledger.confirmedBefore.intersection(rows.waiting)
        guard back.isEmpty else {
            throw BackupBroken("acknowledged before the backup and owed in it: \(back.sorted())")
        }
        let early = ledger.acceptedAfter.intersection(rows.messages)
        guard early.isEmpty else { throw BackupBroken("accepted after the backup and in it: \(early.sorted())") }
        // One sender, one log: what is in it is all up to some moment.
        let last = rows.messages.max() ?? 0
        let holes = ledger.accepted.filter { $0 <= last }.subtracting(ledger.requestedMeanwhile)
            .subtracting(ledger.confirmed).subtracting(rows.waiting)
        guard holes.isEmpty else { throw BackupBroken("\(last) is in the backup and these are not: \(holes.sorted())") }
    }

    /// P7 for the backup: the bytes of what was swept before it are not in it.
    private func expectForgotten(_ ledger: BackupLedger) throws {
        let bytes = [UInt8](try Data(contentsOf: URL(filePath: copy)))
        let start = Array("<message ".utf8)
        var found: Set<Int> = []
        bytes.withUnsafeBufferPointer { bytes in
            for place in bytes.indices.dropLast(start.count)
            where bytes[place] == start[0] && bytes[place...].starts(with: start) {
                let text = Payload(bytes[place..<min(place + 60, bytes.count)])
                if let number = BackupText.number(text, ledger.seed) { found.insert(number) }
            }
        }
        let left = found.intersection(ledger.sweptBefore)
        guard left.isEmpty else { throw BackupBroken("forgotten before the backup and in its bytes: \(left.sorted())") }
    }

    private func expectNewPositions(_ restored: String) async throws {
        let before = try BackupRows.number("SELECT value FROM meta WHERE key = 'next_seq'", in: folder + "/mail.db")
        let store = try SQLiteStore.open(path: restored)
        let life = BackupLife(store, numbers: SeededNumbers(seed: 1), tag: 0, next: 1_000_000_000)
        try await life.send()
        await store.shutdown()
        let position = try BackupRows.number("SELECT max(seq) FROM messages", in: restored)
        guard position >= before else {
            throw BackupBroken("position \(position) after the restore, and the server had given out up to \(before)")
        }
    }
}

/// What stands in a database that no server has open.
struct BackupRows {
    private(set) var messages: Set<Int> = []
    private(set) var waiting: Set<Int> = []

    init(_ path: String, _ tag: UInt64) throws {
        messages = try Self.texts("SELECT payload FROM messages", path, tag)
        waiting = try Self.texts(
            "SELECT m.payload FROM waiting w JOIN messages m USING (seq) WHERE w.user = 'bob'", path, tag)
    }

    private static func texts(_ sql: String, _ path: String, _ tag: UInt64) throws -> Set<Int> {
        var found: Set<Int> = []
        try each(sql, path) { statement in
            let count = min(80, Int(sqlite3_column_bytes(statement, 0)))
            let bytes = UnsafeRawBufferPointer(start: sqlite3_column_blob(statement, 0), count: count)
            if let number = BackupText.number(Payload(bytes), tag) { found.insert(number) }
        }
        return found
    }

    static func number(_ sql: String, in path: String) throws -> Int64 {
        var found: Int64 = 0
        try each(sql, path) { found = sqlite3_column_int64($0, 0) }
        return found
    }

    private static func each(_ sql: String, _ path: String, row: (OpaquePointer?) -> Void) throws {
        var (database, statement): (OpaquePointer?, OpaquePointer?)
        defer {
            sqlite3_finalize(statement)
            sqlite3_close_v2(database)
        }
        guard sqlite3_open_v2(path, &database, SQLITE_OPEN_READWRITE, nil) == SQLITE_OK,
            sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK
        else { throw BackupBroken("cannot read \(path): \(String(cString: sqlite3_errmsg(database)))") }
        var code = sqlite3_step(statement)
        while code == SQLITE_ROW {
            row(statement)
            code = sqlite3_step(statement)
        }
        guard code == SQLITE_DONE else {
            throw BackupBroken("cannot read \(path): \(String(cString: sqlite3_errmsg(database)))")
        }
    }
}
