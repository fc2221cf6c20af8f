import Glibc

/// The first 100 bytes of a database file (https://www.sqlite.org/fileformat2.html §1.3).
struct Header {
    private let bytes: [UInt8]

    /// Nil: the file does not begin as an SQLite database does.
    init?(of descriptor: Int32) {
        var bytes = [UInt8](repeating: 0, count: 100)
        guard pread(descriptor, &bytes, 100, 0) == 100, bytes.starts(with: "SQLite format 3\0".utf8) else { return nil }
        self.bytes = bytes
    }

    var applicationID: Int64 { bytes[68..<72].reduce(0) { $0 << 8 | Int64($1) } }

    /// Marks a database in which nothing is left in a WAL as one that has none: it is complete by itself, also on a disk
    /// that cannot be written to. A server that opens it turns the WAL on again.
    static func makeStandalone(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StoreError(.inputOutput, "cannot open \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        // Write version and read version: 1 is the rollback journal.
        var versions: [UInt8] = [1, 1]
        guard pwrite(descriptor, &versions, 2, 18) == 2 else {
            throw StoreError(.inputOutput, "cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}
