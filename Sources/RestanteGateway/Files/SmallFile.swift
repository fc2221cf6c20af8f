import Glibc

/// A file that is read whole at a start or a reload: keys, certificates.
struct SmallFile {
    var bytes: [UInt8]
    /// The permission bits of `stat(2)`.
    var mode: UInt32

    /// Longest file that is read, in bytes: a bundle of all public certificate authorities is a quarter of it.
    static let maximumBytes = 1 << 20

    /// Whether any user of the machine may read it.
    var isReadableByAll: Bool { mode & 0o004 != 0 }

    /// Why a file cannot be read, as the end of a sentence.
    struct Trouble: Error, CustomStringConvertible {
        var description: String
    }

    /// Reads a regular file, or what a symbolic link leads to. Blocks for as long as the disk does.
    static func read(_ path: String) throws(Trouble) -> SmallFile {
        // Not to hang at a pipe that nobody writes to.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw trouble(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw trouble(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Trouble(description: "it is no regular file") }
        return SmallFile(bytes: try contents(descriptor), mode: status.st_mode & 0o7777)
    }

    private static func contents(_ descriptor: Int32) throws(Trouble) -> [UInt8] {
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor, &part, part.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw trouble(errno) }
            guard count > 0 else { return bytes }
            guard bytes.count + count <= maximumBytes else {
                throw Trouble(description: "it is larger than \(maximumBytes) bytes")
            }
            bytes += part.prefix(count)
        }
    }

    private static func trouble(_ code: Int32) -> Trouble {
        switch code {
        case ENOENT, ENOTDIR: Trouble(description: "there is no such file")
        case EACCES, EPERM: Trouble(description: "this user may not read it")
        default: Trouble(description: "the system says \(String(cString: strerror(code)))")
        }
    }
}
