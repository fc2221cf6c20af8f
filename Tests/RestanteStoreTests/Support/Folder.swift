import Foundation
import RestanteCore

@testable import RestanteMigrations
@testable import RestanteStore

/// A folder for one database; removed with the value.
final class Folder: Sendable {
    private let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "restante-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    var database: String { path("test.db") }

    func path(_ name: String) -> String { url.appending(path: name).path }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    func write(_ bytes: Data) throws { try bytes.write(to: URL(filePath: database)) }

    /// The bytes of the database, its WAL and its rollback journal, as far as they are there and hold something.
    ///
    /// A read-only connection leaves an empty WAL behind, which is as good as none. Call this only while SQLite has none of them open: closing a descriptor drops SQLite's locks.
    func bytes() throws -> [String: Data] {
        var found: [String: Data] = [:]
        for name in ["test.db", "test.db-wal", "test.db-journal"] where exists(name) {
            var isDirectory: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: path(name), isDirectory: &isDirectory)
            let bytes = isDirectory.boolValue ? Data() : try Data(contentsOf: URL(filePath: path(name)))
            if !bytes.isEmpty { found[name] = bytes }
        }
        return found
    }

    /// Runs SQL on a connection of its own, as another program would.
    func run(_ sql: String) throws {
        let connection = try Connection(path: database, mode: .readWrite)
        defer { connection.close() }
        try connection.execute(sql)
    }

    /// The same database after `sql`, with what that wrote still in the WAL: copied before anybody made a checkpoint.
    func copyWithWAL(after sql: String) throws -> Folder {
        let copy = try Folder()
        let connection = try Connection(path: database, mode: .readWrite)
        defer { connection.close() }
        try connection.execute("PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0")
        try connection.execute(sql)
        for name in ["test.db", "test.db-wal"] {
            try FileManager.default.copyItem(atPath: path(name), toPath: copy.path(name))
        }
        return copy
    }

    /// The first column of all rows, read as another program would.
    func texts(_ sql: String) throws -> [String] {
        let connection = try Connection(path: database, mode: .readOnly)
        defer { connection.close() }
        return try connection.all(sql) { $0.text(0) }
    }
}
