import Glibc

/// Files that hold a secret: readable by their owner only.
public enum SecretFile {
    /// Makes a file with mode 0600 from its first byte; it appears whole and synced, or not at all.
    ///
    /// A file that is there already is left as it is, and that is no failure: of two processes that make it at once,
    /// one wins, and both read what it wrote.
    ///
    /// - Returns: false if it could not be made; `errno` says why.
    public static func create(at path: String, content: [UInt8]) -> Bool {
        // Not the process id: in a container that is the same at each start, and a crash may have left a draft behind.
        let draft = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).new"
        defer { remove(draft) }
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        let written = write(descriptor, content, content.count) == content.count && fsync(descriptor) == 0
        guard close(descriptor) == 0, written else { return false }
        // link(2), unlike rename(2), never replaces the file of another process that was faster.
        return link(draft, path) == 0 || errno == EEXIST
    }

    /// Keeps `errno`, which the caller wants to read.
    private static func remove(_ path: String) {
        let error = errno
        unlink(path)
        errno = error
    }
}
