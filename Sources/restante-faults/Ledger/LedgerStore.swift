import RestanteCore

/// What the stopped server's database says.
struct LedgerStore {
    struct Part {
        var sender: Int64
        var log: Int64
        var seq: Int64
        var acceptedAt: Int64
        var isCancelled: Bool
    }

    struct Cursor {
        var device: Int64
        var started: Int64
        var acked: Int64
        var until: Int64?
        /// Ended cursors only: 0, or why the rest was lost.
        var reason: Int64?

        func covers(_ seq: Int64) -> Bool { started < seq && seq <= until ?? .max }
    }

    struct Loss {
        var device: Int64
        var log: Int64
        var from: Int64
        var through: Int64
        var reason: LossReason
        var count: Int64
    }

    var devices: [DeviceAddress: Int64] = [:]
    var unlinked: Set<Int64> = []
    /// Devices whose name stands in two rows.
    var twice: [String] = []
    var logs: [Int64: Conversation] = [:]
    var parts: [MessageID: [Part]] = [:]
    var cursors: [Int64: [Cursor]] = [:]
    /// By log, then by device.
    var losses: [Int64: [Int64: [Loss]]] = [:]
    /// By log, in the order of their positions.
    var log: [Int64: [(id: MessageID, part: Part)]] = [:]
    /// In words: what is still owed to devices that are linked, and what SQLite finds wrong.
    var faults: [String] = []

    init(_ path: String) throws {
        let database = try ReadOnlyDatabase(path)
        faults = try database.faults()
        try readDevices(database)
        try readAccepted(database)
        try readCursors(database)
        try readRest(database)
    }

    private mutating func readDevices(_ database: ReadOnlyDatabase) throws {
        let sql = "SELECT device_id, user, device, unlinked_at IS NOT NULL FROM devices WHERE kind = 'device'"
        let rows = try database.all(sql) { ($0.int(0), $0.text(1), $0.text(2), $0.int(3) != 0) }
        for (id, user, device, isUnlinked) in rows {
            let address = DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: device))
            if devices.updateValue(id, forKey: address) != nil { twice.append("\(address)") }
            if isUnlinked { unlinked.insert(id) }
        }
        for (id, kind, name) in try database.all(
            "SELECT log_id, kind, name FROM logs", { ($0.int(0), $0.text(1), $0.text(2)) })
        {
            logs[id] =
                switch kind {
                case "user": .user(UserName(unchecked: name))
                case "group": .group(GroupName(unchecked: name))
                default: .device(Self.address(name))
                }
        }
    }

    private static func address(_ name: String) -> DeviceAddress {
        let words = name.split(separator: "/", maxSplits: 1).map(String.init)
        return DeviceAddress(user: UserName(unchecked: words[0]), device: DeviceName(unchecked: words.last ?? ""))
    }

    private mutating func readAccepted(_ database: ReadOnlyDatabase) throws {
        let sql = "SELECT message_id, sender_id, log_id, seq, accepted_at, cancelled FROM accepted ORDER BY seq"
        let rows = try database.all(sql) { row in
            (
                row.blob(0),
                Part(
                    sender: row.int(1), log: row.int(2), seq: row.int(3), acceptedAt: row.int(4),
                    isCancelled: row.int(5) != 0)
            )
        }
        var last: Int64 = 0
        for (id, part) in rows {
            if part.seq <= last { faults.append("position \(part.seq) was given out twice") }
            last = part.seq
            guard let id = MessageID(bytes: id) else { continue }
            parts[id, default: []].append(part)
            log[part.log, default: []].append((id, part))
        }
    }

    private mutating func readCursors(_ database: ReadOnlyDatabase) throws {
        let sql = """
            SELECT log_id, device_id, started_seq, acked_seq, until_seq, NULL FROM cursors
            UNION ALL SELECT log_id, device_id, started_seq, acked_seq, until_seq, reason FROM ended_cursors
            """
        let rows = try database.all(sql) { row in
            (
                row.int(0),
                Cursor(
                    device: row.int(1), started: row.int(2), acked: row.int(3),
                    until: row.isNull(4) ? nil : row.int(4), reason: row.isNull(5) ? nil : row.int(5))
            )
        }
        for (log, cursor) in rows { cursors[log, default: []].append(cursor) }
        let lost = try database.all("SELECT device_id, log_id, from_seq, through_seq, reason, count FROM losses") {
            Loss(
                device: $0.int(0), log: $0.int(1), from: $0.int(2), through: $0.int(3),
                reason: LossReason(rawValue: Int($0.int(4))) ?? .damaged, count: $0.int(5))
        }
        for loss in lost { losses[loss.log, default: [:]][loss.device, default: []].append(loss) }
    }

    /// What users sent within a stretch of a log.
    func messages(of log: Int64, from: Int64, through: Int64) -> ArraySlice<(id: MessageID, part: Part)> {
        guard let all = self.log[log] else { return [] }
        var (low, high) = (0, all.count)
        while low < high {
            let middle = (low + high) / 2
            if all[middle].part.seq < from { low = middle + 1 } else { high = middle }
        }
        return all[low...].prefix { $0.part.seq <= through }
    }

    /// After everyone has drained, nothing is owed to anyone, and no message stands there twice.
    private mutating func readRest(_ database: ReadOnlyDatabase) throws {
        faults += try database.all(
            """
            SELECT w.user || '/' || w.device, w.log, w.message_id, w.kind FROM waiting w
            JOIN devices d ON d.user = w.user AND d.device = w.device WHERE d.unlinked_at IS NULL LIMIT 10
            """
        ) { "\($0.text(0)) has drained and is owed \($0.text(3)) \($0.text(2)) of \($0.text(1))" }
        faults += try database.all(
            "SELECT d.user || '/' || d.device, l.count FROM losses l JOIN devices d USING (device_id)"
                + " WHERE l.acked = 0 AND d.unlinked_at IS NULL LIMIT 10"
        ) { "\($0.text(0)) has drained and was not told of a gap of \($0.int(1))" }
        faults += try database.all(
            "SELECT d.user || '/' || d.device FROM receipts r JOIN devices d ON d.device_id = r.sender_id LIMIT 10"
        ) { "\($0.text(0)) has drained and is owed a receipt" }
        faults += try database.all(
            "SELECT hex(message_id) FROM messages GROUP BY message_id, sender_id, log_id HAVING count(*) > 1 LIMIT 10"
        ) { "message \($0.text(0)) is stored twice" }
    }
}
