import CSQLite

/// The journal beside a database that is not in WAL mode, or not yet: a new file gets its first page through one.
enum RollbackJournal {
    /// Whether the journal was begun when the database was empty: then rolling it back leaves an empty file.
    ///
    /// Read through the VFS, which may not be the real file system; SQLite must not have the database open.
    static func isOfEmptyFile(database path: String, vfs name: String?) -> Bool {
        guard let vfs = sqlite3_vfs_find(name), let header = read(28, of: path + "-journal", vfs) else { return false }
        // https://www.sqlite.org/fileformat2.html#the_rollback_journal: magic, then the pages there were, at 16.
        return header.prefix(8) == [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7] && header[16..<20] == [0, 0, 0, 0]
    }

    private static func read(_ count: Int, of path: String, _ vfs: UnsafeMutablePointer<sqlite3_vfs>) -> [UInt8]? {
        let space = UnsafeMutableRawPointer.allocate(byteCount: Int(vfs.pointee.szOsFile), alignment: 16)
        defer { space.deallocate() }
        space.initializeMemory(as: UInt8.self, repeating: 0, count: Int(vfs.pointee.szOsFile))
        let file = space.assumingMemoryBound(to: sqlite3_file.self)
        // Two zeros end a name that may carry parameters.
        let opened = (path + "\0").withCString {
            vfs.pointee.xOpen(vfs, $0, file, SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_JOURNAL, nil)
        }
        defer { if let methods = file.pointee.pMethods { _ = methods.pointee.xClose(file) } }
        guard opened == SQLITE_OK, let methods = file.pointee.pMethods else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        return methods.pointee.xRead(file, &bytes, Int32(count), 0) == SQLITE_OK ? bytes : nil
    }
}
