import RestanteCore

extension Engine {
    /// Whether another device of the reader (not the sending one, which never gets its own) has the message: of a sealed
    /// send, its own part. A cursor that a quota has moved past it does not say so.
    private static let receivedBeforeSQL = """
        SELECT 1 FROM devices d JOIN (
            SELECT ?4 AS log_id, ?5 AS seq
            UNION SELECT log_id, seq FROM accepted WHERE message_id = ?6 AND sender_id = ?3
        ) p
        WHERE d.user = ?1 AND d.kind = 'device' AND d.device_id NOT IN (?2, ?3) AND (
            EXISTS (SELECT 1 FROM cursors c WHERE c.device_id = d.device_id AND c.log_id = p.log_id
                AND c.started_seq < p.seq AND c.acked_seq >= p.seq)
            OR EXISTS (SELECT 1 FROM ended_cursors e WHERE e.log_id = p.log_id AND e.device_id = d.device_id
                AND e.started_seq < p.seq AND e.acked_seq >= p.seq))
            AND NOT EXISTS (SELECT 1 FROM losses x WHERE x.log_id = p.log_id AND x.device_id = d.device_id
                AND p.seq BETWEEN x.from_seq AND x.through_seq)
        """

    /// Notes that a sender is to be told, unless another device of the same user has received the message before.
    func owe(_ receipt: ReceiptDue, _ log: LogKey, _ seq: Position, reader session: Session) throws {
        let user = session.address.user.rawValue
        let wasFirst =
            try connection.first(
                Self.receivedBeforeSQL, user, session.device, receipt.sender, log, seq, receipt.message.bytes,
                row: { $0.int(0) }) == nil
        guard wasFirst else { return }
        try connection.run(
            "INSERT OR IGNORE INTO receipts(sender_id, reader, message_id, log_id, reason)"
                + " SELECT ?1, ?2, ?3, ?4, 0 FROM devices WHERE device_id = ?1 AND unlinked_at IS NULL",
            receipt.sender, user, receipt.message.bytes, log)
        counts.receipts += Int(connection.changes)
        if let sender = sessionOfDevice[receipt.sender] { oweReceipts.insert(sender.id) }
    }

    /// To a live session at once; one that is behind gets them with its next page.
    func deliverReceipts(to id: SessionID) throws {
        guard let session = sessions[id], session.state == .live else { return }
        var page: [Delivery] = []
        let isShort = try readReceipts(session, into: &page)
        if !isShort { session.fallBehind() }
        if !page.isEmpty || !isShort { events.append(.page(id, page, more: !isShort)) }
    }

    /// Gathers receipts of one conversation and reader into one frame each. True when none is left unread.
    func readReceipts(_ session: Session, into page: inout [Delivery]) throws -> Bool {
        let rows = try connection.all(
            "SELECT receipt_id, log_id, reader, message_id, reason FROM receipts"
                + " WHERE sender_id = ?1 AND receipt_id > ?2 ORDER BY receipt_id LIMIT ?3",
            session.device, session.receiptsRead, limits.rowsPerPage
        ) { row in
            ReceiptRow(
                id: row.int(0), log: row.int(1), reader: row.text(2),
                message: row.withBytes(3) { MessageID(bytes: $0) }, reason: row.int(4))
        }
        var rest = rows[...]
        while let first = rest.first {
            guard session.hasRoom(for: 0, limits) else { return false }
            let frame = rest.prefix(limits.idsPerReceipt).prefix { $0.goesWith(first) }
            let owed = try owed(frame)
            let tag = session.opens(.receipts(frame.map(\.id)), owedAtClaim: session.isCatchingUp)
            page.append(Delivery(tag: tag, owed: owed))
            session.receiptsRead = frame.last?.id ?? session.receiptsRead
            rest = rest.dropFirst(frame.count)
        }
        return rows.count < limits.rowsPerPage
    }

    private func owed(_ rows: ArraySlice<ReceiptRow>) throws -> Owed {
        let ids = rows.compactMap(\.message)
        guard let first = rows.first else { preconditionFailure("a receipt of no rows") }
        if let reason = LossReason(rawValue: Int(first.reason)) { return .undelivered(ids, reason: reason) }
        let conversation = try directory.conversation(of: first.log)
        return .receipt(conversation, reader: UserName(unchecked: first.reader), ids)
    }
}

private struct ReceiptRow {
    let id: Int64
    let log: LogKey
    let reader: String
    let message: MessageID?
    let reason: Int64

    func goesWith(_ other: ReceiptRow) -> Bool {
        log == other.log && reader == other.reader && reason == other.reason
    }
}
