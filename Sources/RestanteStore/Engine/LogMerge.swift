import RestanteCore

/// The unread positions of several logs up to one head, in order: what a session reads when it is behind.
///
/// Positions come from the index alone, a few hundred at a time, and what was fetched for one page is kept for the next:
/// so a message costs the same whether a thousand are waiting or a million. The head is fixed when the merge is made,
/// because a log that has come to its end must not be overtaken by what others get later.
struct LogMerge {
    struct Stream {
        let log: LogKey
        let through: Position
        var fetchedThrough: Position
        var buffer: ArraySlice<Position> = []
        var isComplete = false
    }

    static let positionsSQL =
        "SELECT seq FROM messages WHERE log_id = ?1 AND seq > ?2 AND seq <= ?3 ORDER BY seq LIMIT \(batch)"
    private static let batch = 256

    let head: Position
    private var streams: [Stream]

    init(through head: Position, streams: [Stream]) {
        self.head = head
        self.streams = streams
    }

    /// The lowest unread position and its log, which stays until ``advance(_:)``; nil: all has been read.
    mutating func next(_ positions: Statement) throws -> (stream: Int, log: LogKey, seq: Position)? {
        var best: (stream: Int, log: LogKey, seq: Position)?
        var index = 0
        while index < streams.count {
            if streams[index].buffer.isEmpty { try refill(index, positions) }
            guard let seq = streams[index].buffer.first else {
                streams.swapAt(index, streams.count - 1)
                streams.removeLast()
                continue
            }
            if seq < best?.seq ?? .max { best = (index, streams[index].log, seq) }
            index += 1
        }
        return best
    }

    /// The position that ``next(_:)`` named has been looked at.
    mutating func advance(_ stream: Int) { streams[stream].buffer.removeFirst() }

    private mutating func refill(_ index: Int, _ positions: Statement) throws {
        guard !streams[index].isComplete else { return }
        let stream = streams[index]
        positions.bind(stream.log, stream.fetchedThrough, stream.through)
        defer { positions.reset() }
        var fetched: [Position] = []
        var last = stream.fetchedThrough
        while try positions.step() {
            let seq = positions.int(0)
            // An entry that stands for another message would deliver that one twice.
            guard seq > last else {
                throw StoreError.damaged("the index messages_by_log is out of order in log \(stream.log)")
            }
            fetched.append(seq)
            last = seq
        }
        streams[index].isComplete = fetched.count < Self.batch
        streams[index].fetchedThrough = fetched.last ?? stream.through
        streams[index].buffer = fetched[...]
    }
}
