import RestanteCore

/// Gives out positions, never one twice, also when every message has been swept.
///
/// `meta.next_seq` is raised in blocks, in the transaction that uses them: a restart skips what is left of a block, and a
/// send writes nothing for its position.
struct PositionCounter {
    private static let block: Position = 1 << 16

    private let raise: Statement
    private var next: Position
    private var reserved: Position

    init(_ connection: Connection) throws {
        raise = try connection.prepare("UPDATE meta SET value = ?1 WHERE key = 'next_seq'")
        next = try connection.first("SELECT value FROM meta WHERE key = 'next_seq'") { $0.int(0) } ?? 1
        reserved = next
        let last = try connection.first("SELECT max(seq) FROM messages") { $0.optionalInt(0) }.flatMap { $0 } ?? 0
        guard next > last, next < 1 << 62 else {
            throw StoreError.damaged("meta says that position \(next) is free, and \(last) has been given out")
        }
    }

    /// The highest position given out so far.
    var head: Position { next - 1 }

    /// The one that ``take()`` gives next.
    var upcoming: Position { next }

    mutating func take() throws -> Position {
        if next >= reserved {
            reserved = next + Self.block
            try raise.run(reserved)
        }
        defer { next += 1 }
        return next
    }
}
