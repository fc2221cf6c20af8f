import RestanteCore

/// What a row of `push_targets` says of how a device was woken last.
struct WakeMark {
    /// Of `push_targets` and `devices`, in the order of ``init(_:head:)``.
    static let columns = "woken_through, woken_at, provider, last_seen_at"

    /// Up to where, and when, a provider has taken a wake-up; 0: never.
    let through: Position
    let wokenAt: Int64
    /// Nil: one that this version does not know.
    let provider: PushProvider?
    /// When the device was here last.
    let seenAt: Int64

    var wasHereSince: Bool { seenAt >= wokenAt }

    /// Behind this position is what it is to be woken for.
    var position: Position { wasHereSince ? 0 : through }

    /// Nil: the device cannot be woken.
    init?(_ connection: Connection, of device: DeviceKey, head: Position) throws {
        let mark = try connection.first(
            "SELECT \(Self.columns) FROM push_targets JOIN devices USING (device_id) WHERE device_id = ?1", device
        ) { WakeMark($0, head: head) }
        guard let mark else { return nil }
        self = mark
    }

    init(_ row: borrowing Statement, head: Position) {
        // What is above every position there is, is not true.
        let through = row.int(0)
        self.through = (0...head).contains(through) ? through : 0
        wokenAt = row.int(1)
        provider = PushProvider(rawValue: Int(row.int(2)))
        seenAt = row.int(3)
    }
}
