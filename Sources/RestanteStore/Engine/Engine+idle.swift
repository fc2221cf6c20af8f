import RestanteCore

/// Devices that do not come back are unlinked, so that what waits for them does not wait for ever.
extension Engine {
    /// Unlinks devices that were not seen for too long, until `deadline`, in the transaction at hand.
    func unlinkIdle(until deadline: UInt64) throws {
        let now = ageTime
        guard timekeeper.mayForget, now >= idleDueAt else { return }
        let limit = Int64(limits.idleDevice) * 1000
        while monotonicNanoseconds() < deadline {
            guard let (device, address, seenAt) = try longestUnseen() else {
                idleDueAt = now + limit
                return
            }
            guard seenAt < now - limit else {
                idleDueAt = seenAt + limit + 1
                return
            }
            if sessionOfDevice[device] != nil {
                // A connected one is never idle, and not either when the server is killed and it comes back.
                try see(device, at: self.now)
            } else {
                try unlink(address, by: nil, as: .idle)
            }
        }
    }

    /// Once a day for those that stay connected: a kill must not make them look idle.
    func seeConnected() throws {
        let now = now
        let stale = sessions.values.lazy.filter { now - $0.seenAt >= Self.seenEvery }.prefix(Self.seenAtOnce)
        guard let first = stale.first else { return }
        try transaction {
            for session in [first] + stale.dropFirst() {
                try see(session.device, at: now)
                session.seenAt = now
            }
        }
    }

    private static let seenEvery: Int64 = 24 * 3600 * 1000
    /// Of a million that connected together, so many a minute.
    private static let seenAtOnce = 2000

    private func see(_ device: DeviceKey, at time: Int64) throws {
        try connection.run("UPDATE devices SET last_seen_at = ?2 WHERE device_id = ?1", device, time)
    }

    private func longestUnseen() throws -> (DeviceKey, DeviceAddress, seenAt: Int64)? {
        try connection.first(
            "SELECT device_id, user, device, last_seen_at FROM devices WHERE kind = 'device' AND unlinked_at IS NULL"
                + " ORDER BY last_seen_at LIMIT 1"
        ) {
            (
                $0.int(0),
                DeviceAddress(user: UserName(unchecked: $0.text(1)), device: DeviceName(unchecked: $0.text(2))),
                $0.int(3)
            )
        }
    }

    /// What an idle device was to be told of its losses is told to the one that takes its name again.
    func inheritLosses(_ device: DeviceKey, _ address: DeviceAddress) throws {
        try connection.run(
            """
            UPDATE losses SET device_id = ?1 WHERE acked = 0 AND device_id = (
                SELECT device_id FROM devices WHERE user = ?2 AND device = ?3 AND kind = 'device' AND device_id < ?1
                    AND unlinked_by = 'idle'
                ORDER BY device_id DESC LIMIT 1)
            """, device, address.user.rawValue, address.device.rawValue)
    }
}

/// Who or what unlinked a device, as `devices.unlinked_by` has it.
enum UnlinkCause: String {
    case user
    case `operator`
    case idle
    case deleted

    /// Why the device lost what it had not received.
    var loss: LossReason { self == .deleted ? .deleted : .unlinked }
}
