import RestanteCore

extension MessageRow {
    static let allSQL = """
        SELECT seq, log_id, sender_id, message_id, accepted_at, expires_at, kind, flags, log_count, log_bytes, checksum,
            payload FROM messages
        """

    /// Whether a row of ``allSQL`` is what was written.
    static func isSound(_ row: Statement) -> Bool {
        guard let id = row.withBytes(3, { MessageID(bytes: $0) }), let kind = MessageKind(rawValue: Int(row.int(6)))
        else {
            return false
        }
        let message = MessageRow(
            seq: row.int(0), log: row.int(1), sender: row.int(2), id: id, acceptedAt: row.int(4), expiresAt: row.int(5),
            kind: kind, flags: MessageFlags(rawValue: row.int(7)), logCount: row.int(8), logBytes: row.int(9),
            payload: row.bytes(11))
        return rowChecksum(message) == row.int(10)
    }
}
