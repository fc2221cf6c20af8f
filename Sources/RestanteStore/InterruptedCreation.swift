import Glibc

/// Whether a file is what a kill left of the making of a database: its rollback journal is there and says that the file
/// had no page before (https://www.sqlite.org/fileformat.html#the_rollback_journal).
///
/// Nothing can be in such a file, and SQLite empties it again, though not on a connection that only reads.
func isInterruptedCreation(_ path: String) -> Bool {
    let magic: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]
    let descriptor = open(path + "-journal", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var header = [UInt8](repeating: 0, count: 20)
    guard read(descriptor, &header, header.count) == header.count, header.starts(with: magic) else { return false }
    return header[16...] == [0, 0, 0, 0]
}
