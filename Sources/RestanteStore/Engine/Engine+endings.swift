import RestanteCore

/// A look through the endings, when some have to wait.
struct EndingsPass {
    /// The last that was put off.
    var passed: Int64 = 0
    /// When those that were put off are looked at again, in milliseconds of the store's clock.
    var dueAt = Int64.max
}

/// Senders that asked for a receipt are told, too, when nobody will have their message.
extension Engine {
    /// Rows looked at between two looks at the clock.
    private static let stride = 64

    /// Puts a stretch of a log that a device lost on the list: the sweep waits until it has been looked through.
    func noteEnding(
        of log: LogKey, from: Position, through: Position, because reason: LossReason
    ) throws {
        try connection.run(
            "INSERT OR IGNORE INTO endings(log_id, from_seq, through_seq, reason) VALUES (?1, ?2, ?3, ?4)",
            log, from, through, reason.rawValue)
        hasEndings = true
    }

    /// The same for what a cursor that ends leaves behind it.
    func noteEnding(of device: DeviceKey, _ log: LogKey, because reason: LossReason) throws {
        let rest = try connection.first(
            "SELECT acked_seq, until_seq FROM cursors WHERE device_id = ?1 AND log_id = ?2", device, log
        ) { (acked: $0.int(0), until: $0.optionalInt(1)) }
        guard let rest else { return }
        let end = try rest.until ?? head(of: log).seq
        if end > rest.acked { try noteEnding(of: log, from: rest.acked + 1, through: end, because: reason) }
    }

    /// Looks through what devices have lost, until `deadline`, in the transaction at hand.
    func followEndings(until deadline: UInt64) throws {
        if ageTime >= endings.dueAt {
            endings = EndingsPass()
            hasEndings = true
        }
        while hasEndings, monotonicNanoseconds() < deadline {
            guard let ending = try nextEnding() else {
                hasEndings = false
                if endings.passed > 0 { endings = EndingsPass(passed: 0, dueAt: ageTime + Self.lookAgain) }
                return
            }
            try follow(ending)
        }
    }

    private struct Ending {
        let id: Int64
        let log: LogKey
        let from: Position
        let through: Position
        let reason: LossReason
    }

    private func nextEnding() throws -> Ending? {
        try connection.first(
            "SELECT ending_id, log_id, from_seq, through_seq, reason FROM endings WHERE ending_id > ?1"
                + " ORDER BY ending_id LIMIT 1", endings.passed
        ) {
            Ending(
                id: $0.int(0), log: $0.int(1), from: $0.int(2), through: $0.int(3),
                reason: LossReason(rawValue: Int($0.int(4))) ?? .damaged)
        }
    }

    private func follow(_ ending: Ending) throws {
        let rows = try rows(of: ending)
        for row in rows where row.flags.contains(.receipt) && !row.flags.isTombstone {
            if isHeld(row.seq, in: ending.log) { return try putOff(ending, at: row.seq) }
            if let message = try message(row.seq)?.row {
                try tellIfUndelivered(message, because: ending.reason)
            } else if let withheld = try withheld(row.seq), try tellIfUndelivered(withheld, because: ending.reason) {
                try endWithheld(row.seq)
            }
        }
        if rows.count < Self.stride {
            try connection.run("DELETE FROM endings WHERE ending_id = ?1", ending.id)
            sweeper.note(ending.log)
        } else {
            try shorten(ending, to: rows[rows.count - 1].seq + 1)
        }
    }

    /// The next of its stretch, in order, with what was withheld there.
    private func rows(of ending: Ending) throws -> [(seq: Position, flags: MessageFlags)] {
        let held = try index.positions(
            of: ending.log, after: ending.from - 1, through: ending.through, limit: Self.stride)
        var rows = try held.map { seq in
            let flags = try connection.first("SELECT flags FROM messages WHERE seq = ?1", seq) { $0.int(0) }
            return (seq: seq, flags: flags.map(MessageFlags.init) ?? .withdrawn)
        }
        rows += try connection.all(
            "SELECT seq, flags FROM withheld WHERE log_id = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq LIMIT ?4",
            ending.log, ending.from, ending.through, Self.stride
        ) { (seq: $0.int(0), flags: MessageFlags(rawValue: $0.int(1))) }
        return Array(rows.sorted { $0.seq < $1.seq }.prefix(Self.stride))
    }

    /// Another ending of the same stretch that has come as far says nothing more.
    private func shorten(_ ending: Ending, to from: Position) throws {
        try connection.run("UPDATE OR REPLACE endings SET from_seq = ?2 WHERE ending_id = ?1", ending.id, from)
    }

    /// This one is on its way to somebody: what comes of it is known later.
    private func putOff(_ ending: Ending, at seq: Position) throws {
        try shorten(ending, to: seq)
        endings.passed = ending.id
    }

    /// Owes the sender an `undelivered`, if no device has the message or may still get it. False: one may.
    @discardableResult
    func tellIfUndelivered(_ row: MessageRow, because reason: LossReason) throws -> Bool {
        var parts = try acceptedParts(row.id, row.sender)
        if parts.isEmpty {
            // Past the dedupe horizon nothing says what the other parts of a sealed send have come to.
            guard !row.flags.contains(.part) else { return false }
            parts = [AcceptedPart(log: row.log, seq: row.seq, acceptedAt: row.acceptedAt, isCancelled: false)]
        }
        for part in parts {
            let states = try deliveries(of: part.seq, in: part.log, besides: row.sender).map(\.entry.state)
            guard !part.isCancelled, !states.contains(.pending), !states.contains(.delivered) else { return false }
        }
        try connection.run(
            "INSERT OR IGNORE INTO receipts(sender_id, reader, message_id, log_id, reason)"
                + " SELECT ?1, '', ?2, ?3, ?4 FROM devices WHERE device_id = ?1 AND unlinked_at IS NULL",
            row.sender, row.id.bytes, row.log, reason.rawValue)
        if let sender = sessionOfDevice[row.sender] { oweReceipts.insert(sender.id) }
        return true
    }
}
