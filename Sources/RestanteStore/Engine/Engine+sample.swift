import CStoreVFS
import RestanteCore

/// Where a search for the oldest message that is still there goes on.
///
/// A position is never given out twice and a tombstone never gets its payload back, so what lies below has been looked at for
/// good: the whole search visits each row once, however often it is made.
struct OldestMessage {
    /// Rows that are looked at in one sample, so that many tombstones in a row cost no commit its time.
    fileprivate static let stride = 256

    fileprivate var from: Position = 0
    /// Of the row that was looked at last.
    fileprivate var acceptedAt: Int64?
}

extension Engine {
    /// How it stands; reads a few rows at most.
    func sample() -> StoreSample {
        var sample = StoreSample()
        sample.oldestMilliseconds = oldestAcceptedAt().map { max(0, now - $0) } ?? 0
        sample.walBytes = wal.bytes
        sample.databaseBytes = (try? databaseBytes) ?? 0
        if let disk { sample.reserveMissing = max(0, disk.wholeReserve - store_vfs_reserved(disk.handle)) }
        sample.refusesForDisk = pressure.disk != nil
        sample.refusesForLimit = pressure.database != nil
        sample.refusesForWAL = pressure.wal != nil
        sample.sweepLogs = sweeper.count
        if let since = sweeper.firstNotedAt { sample.sweepLagNanoseconds = monotonicNanoseconds() - since }
        sample.isClockHeld = timekeeper.report().held != nil
        return sample
    }

    /// A row that cannot be read ends nothing here: its reader is told, and a page that nobody wants hurts nobody.
    private func oldestAcceptedAt() -> Int64? {
        (try? findOldest()) ?? nil
    }

    /// Nil: no message with a payload is held. While there are more tombstones than one look takes, the last of them stands
    /// for what comes behind it, which is younger.
    private func findOldest() throws -> Int64? {
        let statement = try connection.prepare(
            "SELECT seq, accepted_at, flags FROM messages WHERE seq >= ?1 ORDER BY seq LIMIT \(OldestMessage.stride)")
        statement.bind(oldest.from)
        defer { statement.reset() }
        var rows = 0
        while try statement.step() {
            rows += 1
            oldest.from = statement.int(0)
            oldest.acceptedAt = statement.int(1)
            guard MessageFlags(rawValue: statement.int(2)).isTombstone else { return oldest.acceptedAt }
        }
        return rows < OldestMessage.stride ? nil : oldest.acceptedAt
    }
}
