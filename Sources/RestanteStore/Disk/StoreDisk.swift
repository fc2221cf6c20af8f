import CStoreVFS
import Glibc
import RestanteCore

/// The disk under one open database: what SQLite does not say of it, and the reserve for when it is full.
///
/// Belongs to the connection's thread, and outlives the connection.
final class StoreDisk {
    /// The VFS that the database is opened with.
    let vfs: String
    let database: String
    let handle: OpaquePointer
    var wholeReserve: Int64 = 0
    private var files: DatabaseFiles?

    init(database: String, options: StoreOptions) throws(StoreError) {
        SQLiteLibrary.configure()
        vfs = "restante:" + database
        self.database = database
        guard let made = store_vfs_create(vfs, options.vfs) else {
            throw StoreError(.unsuitableSQLite, "SQLite has no VFS \(options.vfs ?? "") of version 2 or later.")
        }
        handle = made
        try openReserve(bytes: options.reserveBytes)
    }

    deinit { store_vfs_destroy(handle) }

    /// From now on the names must stand for the files that they stand for now.
    func watchFiles() { files = DatabaseFiles(of: database) }

    /// Called after each commit, before anybody hears of it.
    ///
    /// - Throws: what makes it untrue: an error that SQLite went on after, or a file that a restart would not find.
    func check() throws(StoreError) {
        let code = store_vfs_error(handle)
        guard code == 0 else { throw StoreError(disk: database, code: code) }
        guard let files, DatabaseFiles(of: database) != files else { return }
        throw StoreError(
            .inputOutput,
            "\(database) or its -wal was deleted, moved or replaced while the server had it open. What was committed since "
                + "then is not in the file of that name, and nobody was told that it is stored. Put the file back or restore a "
                + "backup, then start again; never move a database while it is in use.")
    }

    /// An error in the operator's words, if the disk is what it is about.
    func explain(_ error: any Error) -> any Error {
        guard let error = error as? SQLiteError else { return error }
        let code = store_vfs_error(handle)
        return code == 0 ? error : StoreError(disk: database, code: code)
    }
}

/// Which files the names of a database stand for (device and inode).
private struct DatabaseFiles: Equatable {
    private let identities: [[UInt64]]

    init(of database: String) {
        identities = [database, database + "-wal"].map { path in
            var found = stat()
            return stat(path, &found) == 0 ? [UInt64(found.st_dev), UInt64(found.st_ino)] : []
        }
    }
}

extension StoreError {
    /// An error of a write, sync or truncation: it is final.
    init(disk database: String, code: Int32) {
        if code == 13 {  // SQLITE_FULL
            self.init(
                .inputOutput,
                "the disk is full, and the reserve beside \(database) is used up. Make room there, then start again.")
        } else {
            self.init(
                .inputOutput,
                "the disk failed while \(database) was written (SQLite code \(code)). Look at the disk and the system's log, "
                    + "then start again: what is on disk decides, and clients send again what has no answer.")
        }
    }
}
