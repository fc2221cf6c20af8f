import DequeModule
import RestanteCore

extension Engine {
    static let messageSQL = """
        SELECT log_id, sender_id, message_id, accepted_at, expires_at, kind, flags, log_count, log_bytes, checksum, payload
        FROM messages WHERE seq = ?1
        """

    /// Bytes of payload that the pages of one batch hold, about, with a charge for each page and each row that is looked
    /// at: after a restart all devices ask at once, what is read waits in memory for the commit, and whoever sends
    /// waits for the reading.
    private static let pagesBytes = 4 << 20

    /// The session asks for its next page.
    func want(_ session: Session) {
        session.resume()
        wantPage.append(session)
    }

    /// Sessions wait for pages that the last batch had no room for.
    var hasPagesToRead: Bool { !wantPage.isEmpty }

    /// Reads the pages that were asked for, in turn, as many as a batch has room for.
    func readPages() throws {
        var bytes = 0
        while bytes < Self.pagesBytes, let session = wantPage.popFirst() {
            guard sessions[session.id] === session else { continue }
            let before = session.openBytes
            let rows = try readPage(session)
            bytes += session.openBytes - before + Self.pageOverhead + rows * Self.rowOverhead
        }
    }

    /// What an empty page counts for.
    private static let pageOverhead = 4096
    /// What a row counts for that brings nothing: without it, a batch of pages full of tombstones or of the reader's own
    /// messages would look at four million rows.
    private static let rowOverhead = 256

    /// Reads the next of what a session is owed, as much as its window has room for; every asking is answered.
    ///
    /// A page that comes up short makes the session live: on this thread nothing can be committed in between.
    ///
    /// - Returns: how many rows it took.
    private func readPage(_ session: Session) throws -> Int {
        guard session.state == .behind else {
            events.append(.page(session.id, [], more: false))
            return 0
        }
        var page = ReadPage()
        let isShort = try readReceipts(session, into: &page.deliveries) && readMessages(session, into: &page)
        try closeGaps(session, &page)
        let isLive = isShort && session.catchUp()
        events.append(.page(session.id, page.deliveries, more: !isLive))
        sayDrained(session)
        return page.looked
    }

    /// True when nothing is left unread.
    private func readMessages(_ session: Session, into page: inout ReadPage) throws -> Bool {
        var merge = session.merge.take()
        defer { session.merge = merge }
        while page.looked < limits.rowsPerPage {
            if merge == nil { merge = try self.merge(for: session) }
            let next = try merge?.next(index)
            guard try tellLosses(session, before: next?.seq ?? .max, into: &page) else { return false }
            guard let next else {
                guard try tellWhatIsMissing(session, readThrough: merge?.head, into: &page) else { return false }
                session.readThrough = max(session.readThrough, merge?.head ?? 0)
                merge = nil
                if session.readThrough == positions.head { return true }
                continue
            }
            guard try deliver(next.seq, of: next.log, to: session, into: &page) else { return false }
            merge?.advance(next.stream)
            session.readThrough = next.seq
            page.looked += 1
        }
        return false
    }

    /// The logs of a session that may hold unread messages, up to the head of this moment.
    private func merge(for session: Session) throws -> LogMerge {
        let head = positions.head
        var streams: [LogMerge.Stream] = []
        for (log, followed) in session.follows {
            let from = max(followed.floor, session.readThrough)
            let through = min(followed.until ?? head, head)
            guard try self.head(of: log).seq > from, through > from else { continue }
            streams.append(LogMerge.Stream(log: log, through: through, fetchedThrough: from))
        }
        return LogMerge(through: head, streams: streams)
    }

    /// False when the window has no room for it.
    private func deliver(
        _ seq: Position, of log: LogKey, to session: Session, into page: inout ReadPage
    ) throws -> Bool {
        guard session.hasRoom(for: 0, besides: page.gaps.count, limits) else { return false }
        guard let (row, message) = try readOnce(seq, of: log) else {
            return try deliverDamaged(seq, of: log, to: session, into: &page)
        }
        guard try tellWhatIsMissing(before: row, session, into: &page) else { return false }
        if row.sender == session.device || row.flags.contains(.withdrawn) {
            // Behind a run of its own log it waits with that for the acknowledgement.
            if !page.widen(log, to: row.mark, by: 0) { pass(row, session) }
            return true
        }
        if isPast(row) { return try miss(row.mark, of: log, because: .expired, session, &page) }
        guard session.hasRoom(for: row.payload.count, besides: page.gaps.count, limits),
            page.bytes == 0 || page.bytes + row.payload.count <= limits.pageBytes
        else { return false }
        page.bytes += row.payload.count
        try closeGaps(before: log, session, &page)
        let tag = session.opens(row.obligation, owedAtClaim: seq <= session.claimedAt)
        page.deliveries.append(Delivery(tag: tag, owed: .message(message)))
        return true
    }

    /// A message as its readers see it, remembered while another device that is connected follows the log; nil: it is
    /// damaged, or not there.
    private func readOnce(_ seq: Position, of log: LogKey) throws -> (row: MessageRow, message: Message)? {
        if let found = recent.find(seq), found.row.log == log { return found }
        guard let (row, isSound) = try message(seq), isSound, row.log == log else { return nil }
        let message = try readable(row)
        if followers[log]?.count ?? 0 > 1 { recent.keep(row, message) }
        return (row, message)
    }

    /// Its time is over, whether it has become a tombstone yet or not.
    private func isPast(_ row: MessageRow) -> Bool {
        row.flags.contains(.expired) || timekeeper.mayForget && row.expiresAt <= timekeeper.lastForAge
    }

    /// A row with whether its checksum holds; nil when it is gone.
    func message(_ seq: Position) throws -> (row: MessageRow, isSound: Bool)? {
        let statement = statements.message
        statement.bind(seq)
        defer { statement.reset() }
        do {
            guard try statement.step() else { return nil }
        } catch  where error.isDamage {
            return (MessageRow.unreadable(seq), false)
        }
        guard let id = statement.withBytes(2, { MessageID(bytes: $0) }),
            let kind = MessageKind(rawValue: Int(statement.int(5)))
        else { return (MessageRow.unreadable(seq), false) }
        let row = MessageRow(
            seq: seq, log: statement.int(0), sender: statement.int(1), id: id, acceptedAt: statement.int(3),
            expiresAt: statement.int(4), kind: kind, flags: MessageFlags(rawValue: statement.int(6)),
            logCount: statement.int(7), logBytes: statement.int(8), payload: statement.bytes(10))
        return (row, rowChecksum(row) == statement.int(9))
    }

    /// The row as its reader sees it.
    func readable(_ row: MessageRow) throws -> Message {
        Message(
            id: row.id, from: try directory.sender(row.sender), conversation: try directory.conversation(of: row.log),
            acceptedAt: row.acceptedAt, kind: row.kind, urgency: row.flags.contains(.urgent) ? .urgent : .normal,
            payload: row.payload)
    }

    /// Gaps come in their place in the order. False: the window is full.
    private func tellLosses(_ session: Session, before seq: Position, into page: inout ReadPage) throws -> Bool {
        while let loss = session.losses.first, loss.through < seq {
            guard session.hasRoom(for: 0, besides: page.gaps.count, limits) else { return false }
            session.losses.removeFirst()
            let tag = session.opens(.loss(id: loss.id), owedAtClaim: session.isCatchingUp)
            let conversation = try directory.conversation(of: loss.log)
            page.deliveries.append(
                Delivery(tag: tag, owed: .gap(conversation, count: loss.count, reason: loss.reason)))
        }
        return true
    }

    /// What a device is owed instead of messages, in order.
    func losses(of device: DeviceKey) throws -> [Loss] {
        try connection.all(
            "SELECT loss_id, log_id, through_seq, count, reason FROM losses WHERE device_id = ?1 AND acked = 0"
                + " ORDER BY through_seq, loss_id", device
        ) {
            Loss(
                id: $0.int(0), log: $0.int(1), through: $0.int(2), count: $0.int(3),
                reason: LossReason(rawValue: Int($0.int(4))) ?? .damaged)
        }
    }

    /// Says `drained` once, when all that was owed at the claim has been acknowledged durably.
    func sayDrained(_ session: Session) {
        guard !session.saidDrained, session.isDrained else { return }
        session.saidDrained = true
        events.append(.drained(session.id))
    }
}

extension MessageRow {
    /// What its acknowledgement moves and whom it tells.
    var obligation: Obligation {
        .message(
            log, mark, bytes: payload.count,
            receipt: flags.contains(.receipt) ? ReceiptDue(sender: sender, message: id) : nil)
    }

    /// A row that cannot be read, in whole or in its id or kind.
    fileprivate static func unreadable(_ seq: Position) -> MessageRow {
        MessageRow(
            seq: seq, log: 0, sender: 0, id: MessageID(high: 0, low: 0), acceptedAt: 0, expiresAt: 0, kind: .message,
            flags: [], logCount: 0, logBytes: 0, payload: [])
    }
}
