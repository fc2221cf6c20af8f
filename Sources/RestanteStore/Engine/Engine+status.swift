import RestanteCore

extension Engine {
    /// Where a message has got to, for every device that it was owed to.
    func status(of id: MessageID, from sender: DeviceKey) throws -> MessageStatus {
        let parts = try acceptedParts(id, sender)
        guard let first = parts.first else { throw Refusal.noSuchMessage }
        var entries: [MessageStatus.Entry] = []
        // What was withdrawn went to nobody, whoever has looked past its place.
        for part in parts where !part.isCancelled {
            entries += try deliveries(of: part.seq, in: part.log, besides: sender).map(\.entry)
        }
        return MessageStatus(id: id, acceptedAt: first.acceptedAt, cancelled: first.isCancelled, devices: entries)
    }

    struct AcceptedPart {
        let log: LogKey
        let seq: Position
        let acceptedAt: Int64
        let isCancelled: Bool
    }

    func acceptedParts(_ id: MessageID, _ sender: DeviceKey) throws -> [AcceptedPart] {
        try connection.all(
            "SELECT log_id, seq, accepted_at, cancelled FROM accepted WHERE message_id = ?1 AND sender_id = ?2"
                + " ORDER BY part", id.bytes, sender
        ) { AcceptedPart(log: $0.int(0), seq: $0.int(1), acceptedAt: $0.int(2), isCancelled: $0.int(3) != 0) }
    }

    /// Delivered to D exactly if `started_seq` < M ≤ `acked_seq` and no loss of D covers M; pending as long as it is on its way.
    func deliveries(
        of seq: Position, in log: LogKey, besides sender: DeviceKey
    ) throws -> [(device: DeviceKey, entry: MessageStatus.Entry)] {
        let withheld = try withheld(seq)
        return try connection.all(
            """
            SELECT d.user, d.device, c.acked_seq >= ?2, c.reason,
                (SELECT reason FROM losses x WHERE x.device_id = c.device_id AND x.log_id = ?1
                    AND ?2 BETWEEN x.from_seq AND x.through_seq),
                d.device_id, EXISTS (SELECT 1 FROM messages m WHERE m.seq = ?2 AND m.flags & 8)
            FROM (
                SELECT device_id, started_seq, acked_seq, until_seq, NULL AS reason FROM cursors WHERE log_id = ?1
                UNION ALL
                SELECT device_id, started_seq, acked_seq, until_seq, reason FROM ended_cursors WHERE log_id = ?1
            ) c JOIN devices d USING (device_id)
            WHERE c.started_seq < ?2 AND (c.until_seq IS NULL OR ?2 <= c.until_seq) AND c.device_id <> ?3
            ORDER BY d.user, d.device_id
            """, log, seq, sender
        ) { row in
            let address = DeviceAddress(
                user: UserName(unchecked: row.text(0)), device: DeviceName(unchecked: row.text(1)))
            let state: DeliveryState
            if let withheld {
                // The device's cursor may have passed its place, with what came later.
                let ended = row.optionalInt(3).map { LossReason(rawValue: Int($0)) ?? .unlinked }
                state = (ended ?? (withheld.flags.contains(.expired) ? .expired : nil)).map { .lost($0) } ?? .pending
            } else if sessionOfDevice[row.int(5)]?.hasOpen(seq) == true {
                state = .pending
            } else if let loss = row.optionalInt(4) {
                state = .lost(LossReason(rawValue: Int(loss)) ?? .damaged)
            } else if row.int(2) != 0 {
                state = .delivered
            } else if let reason = row.optionalInt(3) {
                state = .lost(LossReason(rawValue: Int(reason)) ?? .unlinked)
            } else {
                state = row.int(6) != 0 ? .lost(.expired) : .pending
            }
            return (row.int(5), MessageStatus.Entry(device: address, state: state))
        }
    }

    /// Withdraws a message that nobody has received: it becomes a tombstone in its place, which no reader is told of.
    func cancel(_ id: MessageID, from sender: DeviceKey) throws {
        let parts = try acceptedParts(id, sender)
        guard let first = parts.first else { throw Refusal.noSuchMessage }
        guard !first.isCancelled else { return }
        for part in parts where try wasReceived(part.seq, in: part.log, besides: sender) {
            throw Refusal(.tooLate, "the message has been delivered to a device, or is on its way to one")
        }
        for part in parts {
            try bury(part.seq, as: .withdrawn)
            withdrawn.insert(part.seq)
        }
        try cancelWithheld(id, from: sender)
        try connection.run(
            "UPDATE accepted SET cancelled = 1 WHERE message_id = ?1 AND sender_id = ?2", id.bytes, sender)
    }

    private func wasReceived(_ seq: Position, in log: LogKey, besides sender: DeviceKey) throws -> Bool {
        try deliveries(of: seq, in: log, besides: sender).contains { device, entry in
            entry.state == .delivered || sessionOfDevice[device]?.hasOpen(seq) == true
        }
    }
}
