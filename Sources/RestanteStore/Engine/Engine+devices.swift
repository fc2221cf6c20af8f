import RestanteCore

extension Engine {
    /// Links a device that connects for the first time: it follows its own log, its user's, and those of its groups,
    /// all from here on, and its user's other devices and groups are told.
    func register(_ claim: Claim) throws -> DeviceKey {
        let address = claim.address
        try checkRevocation(claim)
        try checkRoom()
        let others = try directory.user(address.user)?.devices ?? []
        guard others.count < limits.devicesPerUser else {
            throw Refusal(
                .tooManyDevices, "a user has at most \(limits.devicesPerUser) devices; unlink one that is not used")
        }
        let userLog = try directory.userLog(address.user)?.log ?? makeLog("user", address.user.rawValue)
        let (device, deviceLog) = try makeDevice(address)
        try inheritLosses(device, address)
        let groups = try groupLogs(of: address.user)
        for log in [deviceLog, userLog] + groups.map(\.log) { try follow(device, log, from: try head(of: log)) }
        let version = try raiseVersion(userLog)
        directory.forget(address.user)
        let change = DevicesChange(
            change: "linked", user: address.user.rawValue, device: address.device.rawValue, version: version)
        try tell(change, by: device, userLog: others.isEmpty ? nil : userLog, groups)
        return device
    }

    /// A device that its user or an operator unlinked needs a token that was issued later.
    private func checkRevocation(_ claim: Claim) throws {
        let unlinkedAt = try connection.first(
            "SELECT max(t) FROM (SELECT max(unlinked_at) AS t FROM devices WHERE user = ?1 AND device = ?2"
                + " AND unlinked_by IN ('user', 'operator')"
                + " UNION ALL SELECT deleted_at FROM deleted_users WHERE user = ?1)",
            claim.address.user.rawValue, claim.address.device.rawValue
        ) { $0.optionalInt(0) }
        guard let time = unlinkedAt.flatMap({ $0 }), claim.tokenIssuedAt <= time / 1000 else { return }
        throw Refusal(.deviceRevoked, "this device was unlinked; sign in again to get a new token")
    }

    /// Versions go on where an ended log of the same name stopped, so that what a sender knew of that one stays stale; after a
    /// restore above all that may have been (`NewEpoch`).
    private func makeLog(_ kind: String, _ name: String) throws -> LogKey {
        try connection.run(
            "INSERT INTO logs(kind, name, version) SELECT ?1, ?2, max(coalesce(max(version), 0),"
                + " coalesce((SELECT value FROM meta WHERE key = 'versions_from'), 0))"
                + " FROM logs WHERE kind = ?1 AND name = ?2 AND ended_at IS NOT NULL", kind, name)
        let log = connection.lastInsertedRow
        heads[log] = .start
        return log
    }

    func makeGroupLog(_ group: GroupName) throws -> LogKey { try makeLog("group", group.rawValue) }

    private func makeDevice(_ address: DeviceAddress) throws -> (device: DeviceKey, log: LogKey) {
        let log = try makeLog("device", address.description)
        try connection.run(
            "INSERT INTO devices(kind, user, device, log_id, registered_at, last_seen_at)"
                + " VALUES ('device', ?1, ?2, ?3, ?4, ?4)",
            address.user.rawValue, address.device.rawValue, log, now)
        return (connection.lastInsertedRow, log)
    }

    /// Starts a cursor: nothing up to `mark` is owed.
    func follow(_ device: DeviceKey, _ log: LogKey, from mark: LogMark) throws {
        try connection.run(
            "INSERT INTO cursors(device_id, log_id, started_seq, acked_seq, acked_count, acked_bytes)"
                + " VALUES (?1, ?2, ?3, ?3, ?4, ?5)", device, log, mark.seq, mark.count, mark.bytes)
        journal.append(.followed(device, log, from: mark.seq))
        journalFollows = true
        wakes.joined(log)
    }

    func groupLogs(of user: UserName) throws -> [(name: GroupName, log: LogKey)] {
        try connection.all(
            "SELECT g.name, g.log_id FROM members m JOIN groups g USING (log_id) WHERE m.user = ?1 ORDER BY g.log_id",
            user.rawValue
        ) { (GroupName(unchecked: $0.text(0)), $0.int(1)) }
    }

    func raiseVersion(_ log: LogKey) throws -> Int64 {
        let version = try connection.first(
            "UPDATE logs SET version = version + 1 WHERE log_id = ?1 RETURNING version", log
        ) { $0.int(0) }
        guard let version else { throw StoreError.damaged("log \(log) has no row") }
        return version
    }

    /// Tells the user's other devices and the user's groups, whose versions rise with it.
    private func tell(
        _ change: DevicesChange, by device: DeviceKey, userLog: LogKey?, _ groups: [(name: GroupName, log: LogKey)]
    ) throws {
        if let userLog { try announce(.devices, in: userLog, by: device, json(change)) }
        for group in groups {
            var change = change
            change.version = try raiseVersion(group.log)
            directory.forget(group.name)
            try announce(.devices, in: group.log, by: device, json(change))
        }
    }

    // MARK: Unlinking

    /// Ends a device: its cursors, its session, what it is owed as a sender; in one commit.
    func unlink(_ address: DeviceAddress, by author: DeviceKey?, as cause: UnlinkCause) throws {
        guard let user = try directory.user(address.user), let device = user.device(address.device) else {
            throw Refusal.noSuchDevice
        }
        try drop(device.key, as: cause)
        directory.forget(address.user)
        let change = DevicesChange(
            change: "unlinked", user: address.user.rawValue, device: address.device.rawValue,
            version: try raiseVersion(user.log))
        try tell(
            change, by: author ?? device.key, userLog: user.devices.count > 1 ? user.log : nil,
            try groupLogs(of: address.user))
    }

    private func drop(_ device: DeviceKey, as cause: UnlinkCause) throws {
        try moveLateCursors(of: device)
        let now = now
        let cursors = try connection.all(
            "SELECT log_id, acked_seq, acked_count, acked_bytes, until_seq FROM cursors WHERE device_id = ?1", device
        ) { ($0.int(0), LogMark(seq: $0.int(1), count: $0.int(2), bytes: $0.int(3)), $0.optionalInt(4)) }
        for (log, acked, until) in cursors {
            if cause == .idle {
                let end = try until.flatMap { try message($0)?.row.mark } ?? head(of: log)
                try lose(device, log, after: acked, through: end, because: .unlinked)
            } else {
                try noteEnding(of: device, log, because: cause.loss)
            }
            try noteEndingOfWithheld(log, because: cause.loss)
            try endCursor(device, log, because: cause.loss)
        }
        try connection.run(
            "UPDATE devices SET unlinked_at = ?2, unlinked_by = ?3 WHERE device_id = ?1", device, now, cause.rawValue)
        try connection.run("DELETE FROM receipts WHERE sender_id = ?1", device)
        try removePush(of: device)
        if cause != .idle {
            try connection.run("UPDATE losses SET acked = 1 WHERE device_id = ?1 AND acked = 0", device)
        }
        try connection.run("DELETE FROM sessions WHERE device_id = ?1", device)
        if let session = sessionOfDevice[device] {
            forget(session)
            endedLater.append((session.id, .unlinked))
        }
    }

    /// Ends all of a user; what it sent to others stays.
    func deleteUser(_ name: UserName) throws {
        guard let log = try directory.userLog(name)?.log, let author = try latestDevice(of: name) else {
            throw Refusal.noSuchUser
        }
        for group in try groupLogs(of: name) { try depart(name, from: group.name, by: author) }
        for device in try directory.user(name)?.devices ?? [] { try drop(device.key, as: .deleted) }
        let now = now
        try connection.run("UPDATE logs SET ended_at = ?2 WHERE log_id = ?1", log, now)
        sweeper.note(log)
        // Nor does a device that was idle come back as what it was.
        try connection.run(
            "UPDATE devices SET unlinked_by = 'deleted' WHERE user = ?1 AND unlinked_by = 'idle'", name.rawValue)
        try connection.run(
            "INSERT INTO deleted_users(user, deleted_at) VALUES (?1, ?2)"
                + " ON CONFLICT(user) DO UPDATE SET deleted_at = ?2", name.rawValue, now)
        try connection.run("DELETE FROM blocks WHERE user = ?1", name.rawValue)
        directory.forget(name)
    }

    /// One of the user's devices, linked or not: a user without any can still be a member of groups.
    private func latestDevice(of name: UserName) throws -> DeviceKey? {
        try connection.first(
            "SELECT max(device_id) FROM devices WHERE user = ?1 AND kind = 'device'", name.rawValue
        ) { $0.optionalInt(0) }.flatMap { $0 }
    }
}
