import RestanteCore

/// Messages that were read lately and that others may ask for, too: when all of a group come back, each of its messages is
/// read and checked once, and not once a member.
///
/// A table with one place for each position, modulo its size: keeping costs next to nothing where nobody asks again, and
/// the last 32,768 positions never push one another out. Whatever changes or deletes a row forgets it. Belongs to the store's thread.
struct RecentMessages {
    private final class Entry {
        let row: MessageRow
        let message: Message

        init(_ row: MessageRow, _ message: Message) {
            self.row = row
            self.message = message
        }
    }

    static let places = 32768
    /// Of payloads, all together.
    static let mostBytes = 32 << 20

    private var entries: [Entry?] = []
    private(set) var bytes = 0

    func find(_ seq: Position) -> (row: MessageRow, message: Message)? {
        guard !entries.isEmpty, let entry = entries[Self.place(of: seq)], entry.row.seq == seq else { return nil }
        return (entry.row, entry.message)
    }

    mutating func keep(_ row: MessageRow, _ message: Message) {
        if entries.isEmpty { entries = Array(repeating: nil, count: Self.places) }
        let place = Self.place(of: row.seq)
        empty(place)
        guard bytes + row.payload.count <= Self.mostBytes else { return }
        bytes += row.payload.count
        entries[place] = Entry(row, message)
    }

    mutating func forget(_ seq: Position) {
        guard !entries.isEmpty else { return }
        let place = Self.place(of: seq)
        // Not by `find`: for each message that is swept, it would copy a row.
        if entries[place]?.row.seq == seq { empty(place) }
    }

    private mutating func empty(_ place: Int) {
        guard let entry = entries[place] else { return }
        bytes -= entry.row.payload.count
        entries[place] = nil
    }

    private static func place(of seq: Position) -> Int { Int(truncatingIfNeeded: seq) & (places - 1) }
}
