import RestanteCore

/// The unread positions of several logs up to one head, in order: what a session reads when it is behind.
///
/// Positions come from the index alone, some at a time, and what was fetched for one page is kept for the next:
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

    private static let batch = 1024

    let head: Position
    private var streams: [Stream]

    init(through head: Position, streams: [Stream]) {
        self.head = head
        self.streams = streams
    }

    /// The lowest unread position and its log, which stays until ``advance(_:)``; nil: all has been read.
    mutating func next(_ index: LogIndex) throws -> (stream: Int, log: LogKey, seq: Position)? {
        var best: (stream: Int, log: LogKey, seq: Position)?
        var stream = 0
        while stream < streams.count {
            if streams[stream].buffer.isEmpty { try refill(stream, index) }
            guard let seq = streams[stream].buffer.first else {
                streams.swapAt(stream, streams.count - 1)
                streams.removeLast()
                continue
            }
            if seq < best?.seq ?? .max { best = (stream, streams[stream].log, seq) }
            stream += 1
        }
        return best
    }

    /// The position that ``next(_:)`` named has been looked at.
    mutating func advance(_ stream: Int) { streams[stream].buffer.removeFirst() }

    private mutating func refill(_ number: Int, _ index: LogIndex) throws {
        guard !streams[number].isComplete else { return }
        let stream = streams[number]
        let fetched = try index.positions(
            of: stream.log, after: stream.fetchedThrough, through: stream.through, limit: Self.batch)
        streams[number].isComplete = fetched.count < Self.batch
        streams[number].fetchedThrough = fetched.last ?? stream.through
        streams[number].buffer = fetched[...]
    }
}
