import Glibc

/// What was found in a database's `-wal` before SQLite has seen it.
package struct WriteAheadLog: Equatable, Sendable {
    package enum State: Sendable {
        /// Not there, or it holds nothing.
        case empty
        case sound
        /// Behind the last commit stands a part of one transaction, which was never accepted. SQLite drops it.
        case tornTail
    }

    package var state = State.empty
    package var commits = 0
    package var frames = 0
}

extension WriteAheadLog {
    /// Bytes read at a time.
    private static let piece = 1 << 20

    /// Looks at the log of this database, in pieces of a megabyte, and changes nothing.
    ///
    /// To be called under the lock and before SQLite opens the file in this process: closing a descriptor drops SQLite's
    /// locks (https://www.sqlite.org/howtocorrupt.html §2.2).
    ///
    /// - Throws: ``StoreError`` with `.damaged` when SQLite would drop commits in silence, or take in pages of another
    ///   database.
    package static func look(besides path: String) throws(StoreError) -> WriteAheadLog {
        do {
            return try lookOnce(besides: path)
        } catch  where error.code == .damaged {
            // Another program that writes meanwhile can look like damage, once.
            return try lookOnce(besides: path)
        }
    }

    private static func lookOnce(besides path: String) throws(StoreError) -> WriteAheadLog {
        guard let file = try PlainFile(path + "-wal"), file.size > WALHeader.size else { return WriteAheadLog() }
        let start = try file.read(WALHeader.size + WALFrame.headerSize, at: 0)
        guard start.count == WALHeader.size + WALFrame.headerSize else { return WriteAheadLog() }
        let headerOfLog = start.withUnsafeBytes {
            WALHeader(UnsafeRawBufferPointer(rebasing: $0.prefix(WALHeader.size)))
        }
        guard let header = headerOfLog else {
            // A header is synced before the first frame is written.
            guard start.dropFirst(WALHeader.size).contains(where: { $0 != 0 }) else { return WriteAheadLog() }
            throw damaged(path, "its header does not hold, so SQLite would ignore all of it")
        }
        return try scan(file, header, path)
    }

    private static func scan(
        _ file: borrowing PlainFile, _ header: WALHeader, _ path: String
    ) throws(StoreError) -> WriteAheadLog {
        let pagesInFile = try pages(of: path, header)
        var scan = WALScan(header, pagesInFile: UInt32(clamping: pagesInFile ?? 0))
        let frameSize = WALFrame.headerSize + header.pageSize
        let step = max(1, piece / frameSize) * frameSize
        var offset = WALHeader.size
        while offset + frameSize <= file.size {
            let bytes = try file.read(step, at: offset)
            let whole = bytes.count / frameSize
            guard whole > 0 else { break }
            bytes.withUnsafeBytes { bytes in
                for index in 0..<whole {
                    let frame = index * frameSize
                    scan.look(at: UnsafeRawBufferPointer(rebasing: bytes[frame..<frame + frameSize]))
                }
            }
            offset += whole * frameSize
        }
        return try judge(scan, path, isAlone: pagesInFile == nil)
    }

    private static func judge(_ scan: WALScan, _ path: String, isAlone: Bool) throws(StoreError) -> WriteAheadLog {
        if scan.findsDamage {
            throw damaged(
                path,
                "frame \(scan.firstBad ?? 0) of \(scan.frames) does not hold, and at least \(max(1, scan.lostCommits)) "
                    + "commits behind it would be lost in silence")
        }
        guard scan.commits > 0 else { return WriteAheadLog(state: scan.hasTail ? .tornTail : .empty) }
        if isAlone {
            throw damaged(path, "it holds \(scan.commits) commits, and the database itself is missing or empty")
        }
        if !scan.fitsFile {
            throw damaged(
                path, "it does not go with the database: one of them is another's, an older copy, or cut short")
        }
        return WriteAheadLog(state: scan.hasTail ? .tornTail : .sound, commits: scan.commits, frames: scan.frames)
    }

    /// Pages of the database file; nil: it is missing or empty.
    private static func pages(of path: String, _ wal: WALHeader) throws(StoreError) -> Int? {
        guard let file = try PlainFile(path), file.size > 0 else { return nil }
        let header = try file.read(DatabaseHeader.size, at: 0).withUnsafeBytes { DatabaseHeader($0) }
        // What is no database is SQLite's to refuse.
        guard let header else { return file.size / wal.pageSize }
        guard header.pageSize == wal.pageSize else {
            throw damaged(
                path,
                "it has pages of \(wal.pageSize) bytes and the database \(header.pageSize): it is another database's, "
                    + "or the database's header is damaged")
        }
        return file.size / header.pageSize
    }

    private static func damaged(_ path: String, _ what: String) -> StoreError {
        StoreError(
            .damaged,
            "the write-ahead log \(path)-wal is damaged: \(what). Nothing has been touched. "
                + "Copy the database with its -wal and -shm away, then restore a backup; docs/OPERATIONS.md, "
                + "\"When a file is damaged\", says how to go on with what stands before the damage instead.")
    }
}
