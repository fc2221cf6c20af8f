import RestanteCore

/// What the store does by itself as time goes by: messages expire, idle devices go, senders hear of what came to nothing.
extension Engine {
    /// Something of it is due now.
    var isRetentionDue: Bool { hasEndings || ageTime >= retentionDueAt }

    private var retentionDueAt: Int64 {
        timekeeper.mayForget ? min(expiry.dueAt, idleDueAt, endings.dueAt) : endings.dueAt
    }

    /// Nanoseconds until something will be due if nothing happens.
    var retentionDueIn: UInt64 {
        if hasEndings { return 0 }
        let dueAt = retentionDueAt
        guard dueAt < .max else { return .max / 2 }
        return UInt64(min(max(0, dueAt - ageTime), 3_600_000)) * 1_000_000
    }

    /// One slice, in a transaction of its own; what it made true comes back, as from a batch.
    func retentionSlice() throws -> [StoreEvent] {
        try paces.retention.slice { deadline in
            try transaction {
                try expire(until: deadline)
                try unlinkIdle(until: deadline)
                try followEndings(until: deadline)
                try settle()
            }
        }
        return takeEvents()
    }

    /// Whether the database has come to the limit that the operator set, or is well below it again.
    func watchDatabaseSize() throws {
        guard let limit = limits.databaseBytes else { return }
        let value = { (sql: String) in try self.connection.first(sql) { $0.int(0) } ?? 0 }
        let used = try (value("PRAGMA page_count") - value("PRAGMA freelist_count")) * value("PRAGMA page_size")
        if used > limit {
            pressure.database = Refusal(
                .storageFull, "the server holds as much as its operator allows; send again later", retryAfter: 60)
        } else if used < limit - limit / 20 {
            pressure.database = nil
        }
    }
}
