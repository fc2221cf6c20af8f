import CSQLite
import FaultKit
import Foundation

/// Which table or index each page of the sound databases belongs to; SQLite's `dbstat` says.
struct PageOwners {
    private var names: [DamageFixture.State: [Int: String]] = [:]
    /// Where the last commit of the WAL begins.
    let lastCommitAt: Int

    /// - Parameter scratch: where a copy may be made, since looking changes `-shm`.
    init(_ fixture: DamageFixture, scratch: String) throws {
        for state in DamageFixture.State.allCases {
            let files = FileManager.default
            for suffix in ["", "-wal", "-shm"] { try? files.removeItem(atPath: scratch + suffix) }
            // The file's own pages, without what the WAL says of them.
            try files.copyItem(atPath: fixture.database(state), toPath: scratch)
            names[state] = Self.read(scratch)
        }
        let wal = try Data(contentsOf: URL(filePath: fixture.database(.killed) + "-wal"))
        let frame = 24 + 8192
        let commits = (0..<(wal.count - 32) / frame).filter { index in
            wal[(32 + index * frame + 4)..<(32 + index * frame + 8)].contains { $0 != 0 }
        }
        lastCommitAt = commits.dropLast().last.map { 32 + ($0 + 1) * frame } ?? 32
    }

    func owner(_ state: DamageFixture.State, _ offset: Int) -> String {
        offset < 100 ? "header" : names[state]?[offset / 8192 + 1] ?? "free pages"
    }

    /// A place in a table or index, each as likely as the other; in the part of a page that is used.
    func place(_ state: DamageFixture.State, _ random: inout SeededNumbers) -> Int? {
        guard let name = Set((names[state] ?? [:]).values).sorted().randomElement(using: &random) else { return nil }
        return place(state, in: name, &random)
    }

    /// The same in this one; nil: there is none of this name.
    func place(_ state: DamageFixture.State, in name: String, _ random: inout SeededNumbers) -> Int? {
        let pages = (names[state] ?? [:]).filter { $0.value == name }.keys.sorted()
        guard let page = pages.randomElement(using: &random) else { return nil }
        // Cells stand at the end of a page, so that most of a small table's page is empty.
        let offset =
            Int.random(in: 0..<4, using: &random) == 0
            ? Int.random(in: 0..<8192, using: &random)
            : 8191 - Int(8191 * pow(Double.random(in: 0..<1, using: &random), 2))
        return (page - 1) * 8192 + offset
    }

    private static func read(_ path: String) -> [Int: String] {
        var handle: OpaquePointer?
        var statement: OpaquePointer?
        guard sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY, nil) == SQLITE_OK else { return [:] }
        defer { sqlite3_close_v2(handle) }
        var found: [Int: String] = [:]
        sqlite3_prepare_v2(handle, "SELECT pageno, name FROM dbstat", -1, &statement, nil)
        defer { sqlite3_finalize(statement) }
        while sqlite3_step(statement) == SQLITE_ROW {
            found[Int(sqlite3_column_int64(statement, 0))] =
                sqlite3_column_text(statement, 1).map { String(cString: $0) } ?? ""
        }
        return found
    }
}
