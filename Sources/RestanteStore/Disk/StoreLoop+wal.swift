import RestanteCore

/// A WAL that grows: another program holds a read transaction open, and no checkpoint can begin it anew.
extension StoreLoop {
    private static let tryEvery: UInt64 = 1_000_000_000
    private static let retryAfter = 10

    /// When a WAL that came to its cap is tried again; nil: it has not.
    var walDueAt: UInt64? { engine.pressure.wal == nil ? nil : engine.wal.triedAt + Self.tryEvery }

    /// Between two batches: at a quarter of the cap the operator is told, at the cap nothing more is taken in, until
    /// whoever holds it lets go. Acknowledgements and deliveries go on, and write little.
    mutating func watchWAL(_ now: UInt64) throws {
        let bytes = engine.wal.bytes
        guard bytes > engine.limits.walBytes / 4 else { return try releaseWAL() }
        if now >= engine.wal.triedAt + Self.tryEvery {
            engine.wal.triedAt = now
            if try engine.truncateWAL() { return try releaseWAL() }
            warn(bytes)
        }
        guard bytes > engine.limits.walBytes, engine.pressure.wal == nil else { return }
        engine.pressure.wal = Refusal(
            .storageFull, "the server cannot take messages in for the moment; send again later",
            retryAfter: Self.retryAfter)
        notice(.warning, "the WAL has come to its cap: nothing is taken in until the other program lets go")
    }

    private func warn(_ bytes: Int64) {
        guard !engine.wal.hasWarned else { return }
        engine.wal.hasWarned = true
        notice(
            .warning,
            "the WAL has grown to \(bytes >> 20) MiB and cannot be emptied: another program holds the database in a "
                + "transaction, an open sqlite3 shell perhaps. Close it; at \(engine.limits.walBytes >> 20) MiB nothing "
                + "more is taken in")
    }

    private func releaseWAL() throws {
        guard engine.wal.hasWarned || engine.pressure.wal != nil else { return }
        engine.wal.hasWarned = false
        engine.pressure.wal = nil
        notice(.info, "the WAL is small again: messages are taken in")
    }

    private func notice(_ level: StoreNotice.Level, _ message: String) {
        sink.store(noticed: StoreNotice(level, message))
    }
}
