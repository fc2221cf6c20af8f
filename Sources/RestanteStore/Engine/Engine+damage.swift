import RestanteCore

/// What is not as it was written is told, or refused; never taken for something else.
///
/// A row of `messages` has a checksum. The tables around it have none, but say the same in several ways: what they say is
/// compared where it decides who gets what, and the running totals show what is missing between two messages.
extension Engine {
    // MARK: Cursors

    /// Refuses a device whose cursors cannot be what was written: it would get what is another's, or miss what is its own.
    /// To be called before its claim writes anything.
    func checkCursors(_ cursors: [Cursor], of device: DeviceKey, _ address: DeviceAddress) throws {
        guard try !arePossible(cursors, address) else { return }
        noteDamage(of: device, address)
        throw Refusal.damagedMailbox
    }

    private func arePossible(_ cursors: [Cursor], _ address: DeviceAddress) throws -> Bool {
        guard let user = try directory.user(address.user), let device = user.device(address.device) else { return true }
        let own = try directory.log(of: device, of: address.user)
        let groups = try groupLogs(of: address.user).map(\.log)
        let open = cursors.filter { $0.until == nil }.map(\.log)
        guard open.count == groups.count + 2, Set(open) == Set([own, user.log] + groups) else { return false }
        for cursor in cursors where try !isPossible(cursor) { return false }
        return true
    }

    private func isPossible(_ cursor: Cursor) throws -> Bool {
        guard cursor.started >= 0, cursor.started <= cursor.acked.seq, cursor.acked.seq <= positions.head else {
            return false
        }
        // First, since it finds what the index hides from the look at the neighbours.
        let head = try head(of: cursor.log)
        guard try fitsNeighbours(cursor) else { return false }
        if let until = cursor.until {
            // Where a membership ended stands the message that says so.
            guard let (row, isSound) = try message(until) else { return false }
            return !isSound || row.log == cursor.log && row.kind == .membership
        }
        return head.seq <= positions.head && (cursor.acked.seq <= head.seq || cursor.acked.count == head.count)
    }

    /// The messages before and behind the cursor count as it does: a cursor that was moved by a flipped bit would repeat
    /// what was acknowledged, or hide what was not.
    private func fitsNeighbours(_ cursor: Cursor) throws -> Bool {
        let before = try sound(index.before(cursor.acked.seq, of: cursor.log, limit: 1).first, of: cursor.log)
        let behind = try sound(
            index.positions(of: cursor.log, after: cursor.acked.seq, through: .max, limit: 1).first, of: cursor.log)
        return before.map { $0.logCount == cursor.acked.count } ?? true
            && behind.map { $0.logCount > cursor.acked.count } ?? true
    }

    /// Nil: there is none, or it does not hold and says nothing.
    private func sound(_ seq: Position?, of log: LogKey) throws -> MessageRow? {
        guard let seq, let (row, isSound) = try message(seq), isSound, row.log == log else { return nil }
        return row
    }

    // MARK: Places

    /// Where a cursor's log ends for it.
    func mark(ofEnd until: Position?, _ log: LogKey) throws -> LogMark {
        guard let until, let (row, isSound) = try message(until) else { return try head(of: log) }
        return isSound && row.log == log ? row.mark : try mark(ofDamaged: until, log)
    }

    /// Rows looked at for one that holds.
    private static let neighbours = 64

    /// The running totals at a message that does not say them any more, told from those before it.
    func mark(ofDamaged seq: Position, _ log: LogKey) throws -> LogMark {
        let before = try index.before(seq - 1, of: log, limit: Self.neighbours)
        for (distance, other) in before.enumerated() {
            guard let (row, isSound) = try message(other), isSound, row.log == log else { continue }
            return LogMark(seq: seq, count: row.logCount + Int64(distance) + 1, bytes: row.logBytes)
        }
        let swept = try sweptMark(of: log)
        return LogMark(seq: seq, count: swept.count + Int64(before.count) + 1, bytes: swept.bytes)
    }

    // MARK: Gaps

    /// A message that is in its log's index and cannot be read as it was written: a gap in its place. False: the window has
    /// no room for it.
    func deliverDamaged(
        _ seq: Position, of log: LogKey, to session: Session, into page: inout ReadPage
    ) throws -> Bool {
        // Skipped meanwhile, and told so.
        guard let followed = session.follows[log], seq > followed.floor else { return true }
        let mark =
            if !session.hasCaughtUp, let seen = followed.seen {
                LogMark(seq: seq, count: seen.count + 1, bytes: seen.bytes)
            } else {
                try mark(ofDamaged: seq, log)
            }
        guard try miss(mark, of: log, because: .damaged, session, &page) else { return false }
        session.follows[log]?.seen = mark
        return true
    }

    /// Messages that were counted between the last one read and this one, and are not there. False: no room for the gap.
    func tellWhatIsMissing(before row: MessageRow, _ session: Session, into page: inout ReadPage) throws -> Bool {
        guard !session.hasCaughtUp, let place = session.follows.index(forKey: row.log),
            let seen = session.follows.values[place].seen
        else { return true }
        let end = LogMark(
            seq: row.seq - 1, count: row.logCount - 1, bytes: max(0, row.logBytes - Int64(row.payload.count)))
        guard try tellGap(after: seen, through: end, of: row.log, session, &page) else { return false }
        session.follows.values[place].seen = row.mark
        return true
    }

    /// The same behind the last message of each log, when all has been read.
    func tellWhatIsMissing(
        _ session: Session, readThrough: Position?, into page: inout ReadPage
    ) throws -> Bool {
        guard !session.hasCaughtUp, readThrough == positions.head else { return true }
        for (log, followed) in session.follows {
            guard let seen = followed.seen else { continue }
            let end = try mark(ofEnd: followed.until, log)
            guard try tellGap(after: seen, through: end, of: log, session, &page) else { return false }
            session.follows[log]?.seen = end
        }
        return true
    }

    private func tellGap(
        after seen: LogMark, through end: LogMark, of log: LogKey, _ session: Session, _ page: inout ReadPage
    ) throws -> Bool {
        let missing = min(end.count - seen.count, end.seq)
        guard missing > 0 else { return true }
        if page.widen(log, to: end, by: missing, .damaged) { return true }
        guard session.hasRoom(for: 0, besides: page.gaps.count, limits) else { return false }
        try closeGap(of: log, session, &page)
        page.begin(
            Gap(
                reason: .damaged, from: min(seen.seq + 1, end.seq), through: end, count: missing,
                owedAtClaim: end.seq <= session.claimedAt), in: log)
        return true
    }
}

extension Refusal {
    fileprivate static let damagedMailbox = Refusal(
        .unavailable,
        "what the server holds for this device is damaged, and it is kept as it is; the operator sees more with "
            + "`restante check`", retryAfter: 3600)
}
