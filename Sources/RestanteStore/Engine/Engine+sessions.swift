import RestanteCore

extension Engine {
    /// Makes a connection the one reader of its device; the device is registered if it is new.
    func claim(_ claim: Claim) throws -> Claimed {
        try checkToken(of: claim.address, issuedAt: claim.tokenIssuedAt)
        let linked = try linkedDevice(claim.address)
        if let linked { try checkCursors(of: linked, claim.address) }
        let device = try linked ?? register(claim)
        if let older = sessionOfDevice[device] {
            try moveLateCursors(of: device)
            forget(older)
            events.append(.ended(older.id, .displaced))
        }
        let now = now
        let generation = try raiseGeneration(device, at: now)
        try connection.run("UPDATE devices SET last_seen_at = ?2 WHERE device_id = ?1", device, now)
        let (follows, pending) = try cursors(of: device)
        let session = Session(
            id: claim.session, device: device, address: claim.address, generation: generation,
            tokenIssuedAt: claim.tokenIssuedAt, claimedAt: positions.head, seenAt: now, follows: follows,
            losses: try losses(of: device))
        sessions[session.id] = session
        sessionOfDevice[device] = session
        for (log, followed) in follows {
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

    /// What the device follows, and how much is waiting there.
    func cursors(of device: DeviceKey) throws -> (follows: [LogKey: Followed], pending: Pending) {
        let rows = try connection.all(
            "SELECT log_id, acked_seq, until_seq, acked_count, acked_bytes FROM cursors WHERE device_id = ?1", device
        ) { ($0.int(0), $0.int(1), $0.optionalInt(2), $0.total(3), $0.total(4)) }
        var follows: [LogKey: Followed] = [:]
        var pending = Pending(messages: 0, bytes: 0)
        for (log, acked, until, count, bytes) in rows {
            follows[log] = Followed(
                floor: acked, until: until, seen: LogMark(seq: acked, count: count, bytes: bytes))
            let end = try mark(ofEnd: until, log)
            pending.messages += max(0, end.count - count)
            pending.bytes += max(0, end.bytes - bytes)
        }
        return (follows, pending)
    }

    /// The socket is gone.
    func release(_ id: SessionID) throws {
        guard let session = sessions[id] else { return }
        try moveLateCursors(of: session.device)
        forget(session)
        let now = now
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
