import RestanteCore

extension Engine {
    /// Shows live sessions what the batch did, in the order in which it happened.
    func fanOut() throws {
        for effect in journal {
            switch effect {
            case .stored(let row): try fanOut(row)
            case .relayed(let row): try relay(row)
            case .followed(let device, let log, let from): follow(device, log, from)
            case .unfollowed(let device, let log, let until): unfollow(device, log, until)
            }
        }
    }

    private func fanOut(_ row: MessageRow) throws {
        guard let sessions = followers[row.log] else { return }
        var readers: [LiveReader] = []
        for session in sessions where session.state == .live && row.seq > session.readThrough {
            guard session.hasRoom(for: row.payload.count, limits) else {
                session.fallBehind()
                events.append(.behind(session.id))
                continue
            }
            session.readThrough = row.seq
            if row.sender == session.device || withdrawn.contains(row.seq) {
                pass(row, session)
            } else {
                readers.append(
                    LiveReader(session: session.id, tag: session.opens(row.obligation, owedAtClaim: false)))
            }
        }
        if !readers.isEmpty { events.append(.live(try readable(row), to: readers)) }
    }

    private func relay(_ row: MessageRow) throws {
        let readers = followers[row.log, default: []].filter { $0.state == .live && $0.device != row.sender }
        if !readers.isEmpty { events.append(.relay(try readable(row), to: readers.map(\.id))) }
    }

    // A session that was claimed later in the batch knows these changes from the tables.

    private func follow(_ device: DeviceKey, _ log: LogKey, _ from: Position) {
        guard let session = sessionOfDevice[device], from >= session.claimedAt, session.follows[log]?.floor != from
        else { return }
        session.follows[log] = Followed(floor: from, until: nil)
        followers[log, default: []].append(session)
    }

    private func unfollow(_ device: DeviceKey, _ log: LogKey, _ until: Position) {
        guard let session = sessionOfDevice[device], until > session.claimedAt, session.follows[log] != nil else {
            return
        }
        session.follows[log]?.until = until
        stopFollowing(session, log)
        leavers[log, default: []].append(session)
    }

    /// Nothing of the log is shown to the session any more.
    func stopFollowing(_ session: Session, _ log: LogKey) {
        followers[log]?.removeAll { $0 === session }
        if followers[log]?.isEmpty == true { followers[log] = nil }
        leavers[log]?.removeAll { $0 === session }
        if leavers[log]?.isEmpty == true { leavers[log] = nil }
    }
}
