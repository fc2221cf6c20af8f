import RestanteCore

/// How far a device has acknowledged a log.
struct Cursor {
    let log: LogKey
    let started: Position
    let acked: LogMark
    /// Owed up to and including this; nil: to the end.
    let until: Position?
}

extension Engine {
    /// Makes a connection the one reader of its device; the device is registered if it is new.
    func claim(_ claim: Claim) throws -> Claimed {
        try checkToken(of: claim.address, issuedAt: claim.tokenIssuedAt)
        let linked = try linkedDevice(claim.address)
        if let linked { try moveLateCursors(of: linked) }
        let known = try linked.map { device in
            let cursors = try self.cursors(of: device)
            try checkCursors(cursors, of: device, claim.address)
            return cursors
        }
        let device = try linked ?? register(claim)
        if let older = sessionOfDevice[device] {
            forget(older)
            events.append(.ended(older.id, .displaced))
        }
        let now = now
        let generation = try raiseGeneration(device, at: now)
        try connection.run("UPDATE devices SET last_seen_at = ?2 WHERE device_id = ?1", device, now)
        let cursors = try known ?? self.cursors(of: device)
        let pending = try self.pending(behind: cursors)
        let session = Session(
            id: claim.session, device: device, address: claim.address, generation: generation,
            tokenIssuedAt: claim.tokenIssuedAt, claimedAt: positions.head, seenAt: now, cursors: cursors,
            losses: try losses(of: device))
        if let provider = wakes.connected(device, at: now) { counts.wokenAndCame[provider, default: 0] += 1 }
        sessions[session.id] = session
        sessionOfDevice[device] = session
        for (log, followed) in session.follows {
            if followed.until == nil {
                followers[log, default: []].append(session)
            } else {
                leavers[log, default: []].append(session)
            }
        }
        return Claimed(
            address: claim.address, generation: generation, epoch: epoch, pending: pending, serverTime: now)
    }

    private func linkedDevice(_ address: DeviceAddress) throws -> DeviceKey? {
        try directory.user(address.user)?.device(address.device)?.key
    }

    private func raiseGeneration(_ device: DeviceKey, at now: Int64) throws -> Int64 {
        let generation = try connection.first(
            "INSERT INTO sessions(device_id, generation, node, connected_at) VALUES (?1, 1, ?2, ?3)"
                + " ON CONFLICT(device_id) DO UPDATE SET generation = generation + 1, node = ?2, connected_at = ?3"
                + " RETURNING generation", device, node, now
        ) { $0.int(0) }
        guard let generation else { preconditionFailure("an upsert returns its row") }
        return generation
    }

    /// All cursors of a device.
    func cursors(of device: DeviceKey) throws -> [Cursor] {
        try connection.all(
            "SELECT log_id, started_seq, acked_seq, acked_count, acked_bytes, until_seq FROM cursors WHERE device_id = ?1",
            device
        ) {
            Cursor(
                log: $0.int(0), started: $0.int(1),
                acked: LogMark(seq: $0.int(2), count: $0.total(3), bytes: $0.total(4)), until: $0.optionalInt(5))
        }
    }

    /// How much waits behind these cursors.
    func pending(behind cursors: [Cursor]) throws -> Pending {
        var pending = Pending(messages: 0, bytes: 0)
        for cursor in cursors {
            let end = try mark(ofEnd: cursor.until, cursor.log)
            pending.messages += max(0, end.count - cursor.acked.count)
            pending.bytes += max(0, end.bytes - cursor.acked.bytes)
        }
        return pending
    }

    /// The socket is gone.
    func release(_ id: SessionID) throws {
        guard let session = sessions[id] else { return }
        try moveLateCursors(of: session.device)
        forget(session)
        let now = now
        if wakes.isOn, try PushRow(connection, of: session.device) != nil {
            wakes.left(session.device, session.follows.keys, hasRead: session.hasAcknowledged, at: now)
        }
        try connection.run(
            "UPDATE sessions SET node = NULL, connected_at = NULL WHERE device_id = ?1 AND generation = ?2",
            session.device, session.generation)
        try connection.run("UPDATE devices SET last_seen_at = ?2 WHERE device_id = ?1", session.device, now)
    }

    /// The server stops: nobody is connected any more.
    func releaseAll() throws {
        try transaction { for session in sessions.keys { try release(session) } }
    }

    /// From here on the session is nobody: its acknowledgements are not found.
    func forget(_ session: Session) {
        sessions[session.id] = nil
        if sessionOfDevice[session.device] === session { sessionOfDevice[session.device] = nil }
        for log in session.follows.keys { stopFollowing(session, log) }
    }

    /// What a node left in the table when it was killed.
    func clearSessions(ofNode node: String) throws {
        try connection.run("UPDATE sessions SET node = NULL, connected_at = NULL WHERE node = ?1", node)
    }

    func sessionLocations(of user: UserName) throws -> [SessionLocation] {
        try connection.all(
            "SELECT d.device, s.node, s.generation, s.connected_at FROM devices d JOIN sessions s USING (device_id)"
                + " WHERE d.user = ?1 AND d.kind = 'device' AND d.unlinked_at IS NULL AND s.node IS NOT NULL"
                + " ORDER BY d.device_id", user.rawValue
        ) {
            SessionLocation(
                device: DeviceName(unchecked: $0.text(0)), node: $0.text(1), generation: $0.int(2),
                connectedAt: $0.int(3))
        }
    }
}
