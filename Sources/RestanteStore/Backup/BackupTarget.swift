import Glibc

/// The file that a backup or a restore makes: written under another name beside it, and given its own name only when it is
/// whole, on disk and verified. Nothing that is there already is ever replaced.
///
/// A crash leaves `NAME.partial-XXXXXXXX`, which nothing reads and which may be deleted.
struct BackupTarget: Sendable {
    /// What SQLite and the server keep beside a database: a backup with such a name would be taken for theirs.
    private static let reserved = ["", "-wal", "-shm", "-journal", ".lock", ".key", ".sock", ".reserve"]
    /// Left free beside the copy, so that the database, which may be on the same disk, can go on growing.
    static let spare: Int64 = 64 << 20

    let path: String
    let partial: String
    private let folder: String

    /// Checks what can be checked before, and makes the temporary file with mode 0600.
    ///
    /// - Parameters:
    ///   - path: absolute.
    ///   - database: the one that is copied from, whose companions it must not be; nil: it is the database.
    ///   - bytes: what it will need.
    ///   - room: bytes that a file system has left.
    init(
        _ path: String, database: String?, bytes: Int64, room: (String) -> Int64? = BackupTarget.room
    ) throws(StoreError) {
        guard path.hasPrefix("/"), let name = path.split(separator: "/").last, !path.hasSuffix("/") else {
            throw StoreError(.cannotCreate, "\(path) is not the absolute path of a file")
        }
        guard let real = realpath(String(path.dropLast(name.utf8.count)), nil) else {
            throw StoreError(
                .cannotCreate,
                "the folder of \(path) does not exist on the server's machine. Create it, or name another.")
        }
        folder = String(cString: real)
        free(real)
        self.path = (folder == "/" ? "" : folder) + "/" + name
        partial = "\(self.path).partial-\(Self.randomSuffix())"
        if let database, Self.reserved.contains(where: { database + $0 == self.path }) {
            throw StoreError(
                .cannotCreate, "\(path) is the database itself or belongs to it. Name another file for the backup.")
        }
        for taken in database == nil ? [self.path] : [self.path, sum] where Self.exists(taken) {
            throw StoreError(
                .cannotCreate,
                "\(taken) is there already, and nothing is overwritten. Name another file, or move it away.")
        }
        try make()
        if let room = room(folder), room < bytes + Self.spare {
            discard()
            throw StoreError(
                .cannotCreate,
                "\(folder) has \(room >> 20) MB left, and \((bytes + Self.spare) >> 20) MB are needed. "
                    + "Make room, or name a file on another disk.")
        }
    }

    /// Where the SHA-256 is written, as `sha256sum` writes it.
    var sum: String { path + ".sha256" }
    private var partialSum: String { partial + ".sha256" }

    private func make() throws(StoreError) {
        let descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw StoreError(.cannotCreate, "cannot create \(partial): \(reason()). May the server's user write there?")
        }
        close(descriptor)
    }

    /// Gives the file its name, with its sum beside it if there is one; all of it is on disk when this returns.
    func publish(sha256: String?) throws(StoreError) {
        try synchronize(partial, O_RDONLY)
        if let sha256 {
            let name = path.split(separator: "/").last.map(String.init) ?? path
            try write("\(sha256)  \(name)\n", to: partialSum)
        }
        try take(path, for: partial)
        if sha256 != nil {
            do {
                try take(sum, for: partialSum)
            } catch {
                unlink(path)
                throw error
            }
        }
        discard()
        try synchronize(folder, O_RDONLY | O_DIRECTORY)
    }

    /// Takes the temporary files away; harmless when they are gone.
    func discard() {
        for name in [partial, partialSum, partial + "-journal"] { unlink(name) }
    }

    /// A second name for the file: unlike a rename, it never replaces one that is taken.
    private func take(_ name: String, for file: String) throws(StoreError) {
        guard link(file, name) == 0 else {
            let why = errno == EEXIST ? "it was made by somebody else meanwhile, and nothing is overwritten" : reason()
            throw StoreError(.cannotCreate, "cannot make \(name): \(why)")
        }
    }

    private func write(_ text: String, to name: String) throws(StoreError) {
        let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreError(.inputOutput, "cannot create \(name): \(reason())") }
        defer { close(descriptor) }
        let written = text.utf8.withContiguousStorageIfAvailable { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard written == text.utf8.count, fsync(descriptor) == 0 else {
            throw StoreError(.inputOutput, "cannot write \(name): \(reason())")
        }
    }

    private func synchronize(_ name: String, _ flags: Int32) throws(StoreError) {
        let descriptor = open(name, flags | O_CLOEXEC)
        guard descriptor >= 0 else { throw StoreError(.inputOutput, "cannot open \(name): \(reason())") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else {
            throw StoreError(.inputOutput, "\(name) could not be brought to disk: \(reason())")
        }
    }

    static func exists(_ path: String) -> Bool {
        var found = stat()
        return lstat(path, &found) == 0
    }

    static func room(_ folder: String) -> Int64? {
        var found = statvfs()
        return statvfs(folder, &found) == 0 ? Int64(found.f_bavail) * Int64(found.f_frsize) : nil
    }

    private static func randomSuffix() -> String {
        let digits = String(UInt32.random(in: 0 ... .max), radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}

private func reason() -> String { String(cString: strerror(errno)) }
