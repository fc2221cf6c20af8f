import Foundation

@testable import RestanteStore

/// A database with a WAL of several commits, as a killed process leaves it, to be damaged.
struct WALFile {
    let folder: Folder
    /// Frames, counted from 0, with which commits end.
    let commits: [Int]
    static let frame = WALFrame.headerSize + 8192

    /// - Parameters:
    ///   - commits: transactions, each of several frames.
    ///   - before: transactions that were written into the same WAL before, and taken into the database.
    init(commits count: Int = 5, before: Int = 0) throws {
        let source = try Folder()
        try Migrator().up(database: source.database)
        let connection = try Connection(path: source.database, mode: .readWrite)
        defer { connection.close() }
        try connection.execute("PRAGMA wal_autocheckpoint = 0; CREATE TABLE IF NOT EXISTS letters(text TEXT)")
        for _ in 0..<before { try Self.commit(connection) }
        try connection.execute("PRAGMA wal_checkpoint(RESTART)")
        for _ in 0..<count { try Self.commit(connection) }
        folder = try Folder()
        for name in ["test.db", "test.db-wal"] {
            try FileManager.default.copyItem(atPath: source.path(name), toPath: folder.path(name))
        }
        let bytes = try Data(contentsOf: URL(filePath: folder.path("test.db-wal")))
        let salts = bytes[16..<24]
        commits = (0..<(bytes.count - WALHeader.size) / Self.frame).filter { index in
            let start = WALHeader.size + index * Self.frame
            return bytes[(start + 8)..<(start + 16)].elementsEqual(salts)
                && bytes[(start + 4)..<(start + 8)].contains { $0 != 0 }
        }
    }

    /// Three pages and more.
    private static func commit(_ connection: Connection) throws {
        try connection.execute("INSERT INTO letters VALUES (hex(randomblob(12000)))")
    }

    func bytes() throws -> Data { try Data(contentsOf: URL(filePath: folder.path("test.db-wal"))) }

    func write(_ bytes: Data) throws { try bytes.write(to: URL(filePath: folder.path("test.db-wal"))) }

    func flip(_ offset: Int, bit: Int = 3) throws {
        var bytes = try bytes()
        bytes[offset] ^= 1 << UInt8(bit)
        try write(bytes)
    }

    func look() throws -> WriteAheadLog { try WriteAheadLog.look(besides: folder.database) }
}
