import RestanteCore

/// When the index by log is brought up to the messages: late, since what has been swept by then costs it nothing.
extension Engine {
    /// A start reads the messages that the index lacks, so in a quiet store they are not left to it.
    private static let indexWhenIdleAfter: UInt64 = 60_000_000_000

    /// On a full disk that waits.
    private var mayIndex: Bool { pressure.disk == nil && pressure.wal == nil }

    /// Enough has come, a minute has passed in which little came, or it is under way.
    func isIndexDue(_ now: UInt64, isIdle: Bool) -> Bool {
        guard mayIndex else { return false }
        if index.settling != nil || index.fresh.size >= indexEvery { return true }
        return isIdle && index.fresh.size > 0 && now >= settledAt + Self.indexWhenIdleAfter
    }

    /// When it is due if nothing happens.
    func indexDueAt(_ now: UInt64) -> UInt64 {
        if isIndexDue(now, isIdle: true) { return now }
        return mayIndex && index.fresh.size > 0 ? settledAt + Self.indexWhenIdleAfter : .max
    }

    /// One slice of it, in a transaction of its own.
    func indexSlice() throws {
        try paces.index.slice { deadline in
            try transaction { try index.settle(at: positions.head, until: deadline) }
        }
        settledAt = monotonicNanoseconds()
    }

    /// Until nothing is left, or `deadline`: the next start need not read it.
    func finishIndex(until deadline: UInt64) throws {
        guard mayIndex else { return }
        while index.settling != nil || index.fresh.size > 0, monotonicNanoseconds() < deadline { try indexSlice() }
    }
}
