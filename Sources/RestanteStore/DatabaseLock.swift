import Glibc

/// The lock file beside a database, which keeps a second server out.
///
/// It is held with `flock` for as long as this value lives, and never deleted: whoever deleted it could hold the lock of
/// a file that no one else sees. The database itself is not locked this way, since closing any descriptor of it would
/// drop SQLite's own locks (https://www.sqlite.org/howtocorrupt.html §2.2).
final class DatabaseLock {
    let descriptor: Int32

    /// - Parameter path: of the database, resolved; the lock is `PATH.lock`.
    init(for path: String) throws(StoreError) {
        let lockPath = path + ".lock"
        let opened = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard opened >= 0 else {
            throw StoreError(
                .inputOutput,
                "cannot open the lock file \(lockPath): \(String(cString: strerror(errno))). "
                    + "Check that the folder exists and that this user may write to it.")
        }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(opened)
            throw StoreError(
                .locked,
                "\(path) is held by another running server (lock file \(lockPath)). Stop it first, or talk to it: "
                    + "`restante status` and the commands of `restante --help` go through the running server.")
        }
        descriptor = opened
    }

    /// Unlocked by name: closing alone leaves the lock with a child that has been forked and has not called exec yet.
    deinit {
        flock(descriptor, LOCK_UN)
        Glibc.close(descriptor)
    }
}

/// The path that the database really has, so that two names of one file share one lock.
func resolvedPath(_ path: String) throws(StoreError) -> String {
    if let real = realpath(path, nil) {
        defer { free(real) }
        return String(cString: real)
    }
    var found = stat()
    guard lstat(path, &found) != 0 else {
        // Its target has no real path yet, and would have another lock once it is there.
        throw StoreError(.inputOutput, "\(path) is a link to a file that does not exist. Name that file instead.")
    }
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    guard let real = realpath(folder, nil) else {
        throw StoreError(.inputOutput, "the folder \(folder) does not exist. Create it, or name another database file.")
    }
    defer { free(real) }
    return String(cString: real) + "/" + name
}
