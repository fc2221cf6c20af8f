import RestanteCore

/// The last positions of logs, in memory: those that the table `owed` does not have yet.
///
/// A message costs one entry of an array and one of a dictionary, and no allocation of its own: an entry points to the one
/// before it in the same log.
struct LogTail {
    private struct Entry {
        let seq: Position
        /// The place of the entry before it in its log; -1: it is the first.
        var previous: Int32
    }

    private var entries: [Entry] = []
    private var newest: [LogKey: Int32] = [:]
    /// Entries that have not been dropped.
    private(set) var count = 0

    /// - Parameter room: entries that are expected.
    init(room: Int = 0) {
        entries.reserveCapacity(room)
    }

    /// Entries that were added, dropped or not: what it holds in memory.
    var size: Int { entries.count }
    var logs: some Collection<LogKey> { newest.keys }

    /// Positions of one log come in ascending order.
    mutating func append(_ log: LogKey, _ seq: Position) {
        let place = Int32(entries.count)
        entries.append(Entry(seq: seq, previous: newest.updateValue(place, forKey: log) ?? -1))
        count += 1
    }

    func last(of log: LogKey) -> Position? { newest[log].map { entries[Int($0)].seq } }

    /// The positions of a log behind one position and up to another, in order.
    func positions(of log: LogKey, after: Position, through: Position) -> [Position] {
        var found: [Position] = []
        var place = newest[log] ?? -1
        while place >= 0, case let entry = entries[Int(place)], entry.seq > after {
            if entry.seq <= through { found.append(entry.seq) }
            place = entry.previous
        }
        found.reverse()
        return found
    }

    /// The positions of a log up to this one, the highest first, at most `limit`.
    func before(_ last: Position, of log: LogKey, limit: Int) -> [Position] {
        var found: [Position] = []
        var place = newest[log] ?? -1
        while place >= 0, found.count < limit {
            let entry = entries[Int(place)]
            if entry.seq <= last { found.append(entry.seq) }
            place = entry.previous
        }
        return found
    }

    /// Forgets the positions of a log up to this one.
    mutating func drop(_ log: LogKey, through: Position) {
        guard var place = newest[log] else { return }
        if entries[Int(place)].seq <= through {
            newest[log] = nil
        } else {
            while case let previous = entries[Int(place)].previous, previous >= 0 {
                guard entries[Int(previous)].seq > through else {
                    entries[Int(place)].previous = -1
                    place = previous
                    break
                }
                place = previous
            }
            guard entries[Int(place)].seq <= through else { return }
        }
        while place >= 0 {
            count -= 1
            place = entries[Int(place)].previous
        }
    }
}
