import Glibc

/// Makes a database of a backup, while no server runs on it.
///
/// The backup is copied, the copy is verified and given a new epoch, and only then gets its name: a crash leaves no
/// half-made database, and one that is there is never replaced.
public struct Restore: Sendable {
    private let backup: String
    private let database: String
    private let keepDamaged: Bool

    /// - Parameters:
    ///   - backup: what `restante backup` wrote; `BACKUP.sha256` is compared if it is there.
    ///   - database: must not be there.
    ///   - keepDamaged: keep messages whose check value does not fit; their readers are told `gap(damaged)`.
    public init(backup: String, database: String, keepDamaged: Bool = false) {
        self.backup = backup
        self.database = database
        self.keepDamaged = keepDamaged
    }

    /// Whether `BACKUP.sha256` is there to compare with: without it, damage outside of structure and messages (a cursor,
    /// a name) is not seen.
    public var hasSum: Bool { BackupTarget.exists(backup + ".sha256") }

    /// Blocks until it is done.
    ///
    /// - Throws: ``StoreError``: `locked` (a server runs on either file), `cannotCreate`, `notADatabase`, `damaged`,
    ///   `newerSchema`, `changedMigration`, `inputOutput`.
    public func run(observer: @escaping BackupObserver = { _ in }) throws -> BackupReport {
        let database = try resolvedPath(database)
        let lock = try DatabaseLock(for: database)
        defer { withExtendedLifetime(lock) {} }
        try checkPlace(database)
        let bytes = try checkSource()
        let target = try BackupTarget(database, database: nil, bytes: bytes)
        defer { target.discard() }
        let cancellation = Cancellation()
        let (sha256, _) = try FileSum.copy(backup, to: target.partial, cancellation, observer)
        try compare(sha256)
        try Header.makeStandalone(target.partial)
        try checkHistory(target.partial)
        let found = try BackupVerification(cancellation: cancellation, observer: observer, keepDamaged: keepDamaged)
            .look(at: target.partial)
        try beginEpoch(target.partial)
        try target.publish(sha256: nil)
        return BackupReport(
            path: database, bytes: bytes, sha256: sha256, messages: found.counts["messages"] ?? 0,
            damaged: found.damaged)
    }

    /// A WAL or journal of an earlier database would be taken for the new one's.
    private func checkPlace(_ database: String) throws(StoreError) {
        let taken = ["", "-wal", "-shm", "-journal"].map { database + $0 }.filter(BackupTarget.exists)
        guard taken.isEmpty else {
            throw StoreError(
                .cannotCreate,
                "nothing is overwritten: \(taken.joined(separator: ", ")) \(taken.count == 1 ? "is" : "are") there. Move "
                    + "\(taken.count == 1 ? "it" : "all of them") away first, for instance: mkdir old && mv "
                    + "\(taken.joined(separator: " ")) old/")
        }
    }

    /// What can be told from the outside, before anything is copied; the size of the backup.
    private func checkSource() throws(StoreError) -> Int64 {
        let descriptor = open(backup, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError(.inputOutput, "cannot open \(backup): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        try checkAlone()
        var found = stat()
        guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG, let header = Header(of: descriptor),
            header.applicationID == Schema.applicationID
        else {
            throw StoreError(.notADatabase, "\(backup) is no backup of a Restante database.")
        }
        return Int64(found.st_size)
    }

    /// Not the database of a server that runs, or that was killed: what is in its WAL would be missing.
    private func checkAlone() throws(StoreError) {
        let held = open(backup + ".lock", O_RDWR | O_CLOEXEC)
        if held >= 0 {
            defer { close(held) }
            guard flock(held, LOCK_EX | LOCK_NB) == 0 else {
                throw StoreError(.locked, "\(backup) is the database of a running server: make a backup of it first.")
            }
            flock(held, LOCK_UN)
        }
        for name in ["-wal", "-journal"].map({ backup + $0 }) {
            var found = stat()
            guard stat(name, &found) == 0, found.st_size > 0 else { continue }
            throw StoreError(
                .notADatabase,
                "\(backup) is not whole without \(name), which a backup has not. Let a server open it, and stop that in "
                    + "good order: then it is.")
        }
    }

    private func compare(_ sha256: String) throws(StoreError) {
        let descriptor = open(backup + ".sha256", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = max(0, read(descriptor, &text, text.count))
        guard String(decoding: text[..<count], as: UTF8.self) == sha256 else {
            throw StoreError(
                .damaged,
                "\(backup) is not what was written: its SHA-256 is \(sha256), and \(backup).sha256 says another. "
                    + "Use another backup.")
        }
    }

    private func checkHistory(_ copy: String) throws {
        do {
            let applied = try Migrator().inspect(copy).filter { $0.appliedAt != nil }
            guard !applied.isEmpty else { throw StoreError(.notADatabase, "\(backup) holds no Restante database.") }
        } catch let error as StoreError {
            throw StoreError(error.code, error.message.replacing(copy, with: backup))
        }
    }

    private func beginEpoch(_ copy: String) throws {
        let connection = try Connection(path: copy, mode: .readWrite)
        defer { connection.close() }
        try connection.execute("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON")
        try connection.execute("BEGIN IMMEDIATE")
        try NewEpoch.begin(on: connection)
        try connection.execute("COMMIT")
    }
}
