/// The running checksum of a write-ahead log (https://www.sqlite.org/fileformat2.html#wal_file_format).
struct WALChecksum: Equatable {
    var first: UInt32 = 0
    var second: UInt32 = 0

    /// - Parameter bytes: a multiple of 8 of them.
    @inline(__always)
    func adding(_ bytes: UnsafeRawBufferPointer, bigEndian: Bool) -> WALChecksum {
        var (first, second) = (first, second)
        var offset = 0
        while offset < bytes.count {
            let low = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            let high = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
            first &+= (bigEndian ? UInt32(bigEndian: low) : UInt32(littleEndian: low)) &+ second
            second &+= (bigEndian ? UInt32(bigEndian: high) : UInt32(littleEndian: high)) &+ first
            offset += 8
        }
        return WALChecksum(first: first, second: second)
    }
}

/// The first 32 bytes of a write-ahead log.
struct WALHeader {
    static let size = 32

    let bigEndian: Bool
    let pageSize: Int
    /// Of this use of the file: frames with another belong to an earlier one.
    let salts: UInt64
    let checksum: WALChecksum

    /// Nil: SQLite would not know it either, and would take the whole log for empty.
    init?(_ bytes: UnsafeRawBufferPointer) {
        let magic = bytes.word(0)
        bigEndian = magic & 1 == 1
        pageSize = Int(bytes.word(8))
        salts = bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)
        checksum = WALChecksum(first: bytes.word(24), second: bytes.word(28))
        let computed = WALChecksum().adding(UnsafeRawBufferPointer(rebasing: bytes[..<24]), bigEndian: bigEndian)
        guard magic & ~1 == 0x377F_0682, computed == checksum, isPageSize(pageSize) else { return nil }
    }
}

/// One frame: 24 bytes and a page.
struct WALFrame {
    static let headerSize = 24

    let page: UInt32
    /// Pages of the database after this commit; 0: the transaction goes on.
    let commit: UInt32
    let salts: UInt64
    let checksum: WALChecksum

    init(_ bytes: UnsafeRawBufferPointer) {
        page = bytes.word(0)
        commit = bytes.word(4)
        salts = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        checksum = WALChecksum(first: bytes.word(16), second: bytes.word(20))
    }
}

/// What the first 100 bytes of a database say (https://www.sqlite.org/fileformat2.html#the_database_header).
struct DatabaseHeader {
    static let size = 100

    let pageSize: Int

    /// Nil: no SQLite database.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= Self.size, bytes.prefix(16).elementsEqual("SQLite format 3\0".utf8) else { return nil }
        let size = Int(bytes[16]) << 8 | Int(bytes[17])
        pageSize = size == 1 ? 65536 : size
        guard isPageSize(pageSize) else { return nil }
    }
}

private func isPageSize(_ size: Int) -> Bool { (512...65536).contains(size) && size & (size - 1) == 0 }

extension UnsafeRawBufferPointer {
    /// A big-endian word, as SQLite's headers have them.
    func word(_ offset: Int) -> UInt32 { UInt32(bigEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
}
