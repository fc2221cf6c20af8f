import CSQLite
import RestanteCore

/// Who a command comes from.
struct Author {
    let key: DeviceKey
    /// Nil: a service.
    let address: DeviceAddress?
}

extension Engine {
    static let insertAcceptedSQL = """
        INSERT OR IGNORE INTO accepted(message_id, sender_id, part, log_id, seq, accepted_at, digest)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
        """

    static let findAcceptedSQL = """
        SELECT accepted_at, digest FROM accepted WHERE message_id = ?1 AND sender_id = ?2 AND part = 0
        """

    /// Nil: the session is not the device's reader (any more), so nobody waits for an answer; or an operator, who sends
    /// nothing. A service whose token was revoked is refused.
    func author(of origin: Origin) throws -> Author? {
        switch origin {
        case .session(let id):
            return sessions[id].map { Author(key: $0.device, address: $0.address) }
        case .service(_, let name, let issuedAt):
            return Author(key: try service(name, issuedAt: issuedAt), address: nil)
        case .operators:
            return nil
        }
    }

    /// Stores a message, or says why not. Sending the same again gives the first answer and stores nothing (P4).
    func send(_ submission: Submission, from author: Author) throws -> SendOutcome {
        try checkID(submission.id)
        try checkSizes(submission)
        let digest = digest(of: submission)
        guard submission.id.milliseconds <= timekeeper.latest + limits.idAhead else {
            // It was not ahead when it was accepted: the clock has been set back since.
            if let earlier = try earlierAnswer(submission, author, digest) { return earlier }
            throw Refusal(
                .badID, "message_id is more than 24 hours ahead of the server's clock; check the device's clock")
        }
        let targets: [Target]
        do {
            targets = try resolve(submission, author)
        } catch let refusal as Refusal {
            // What was accepted stays accepted, whatever has become of its recipient since.
            if let earlier = try earlierAnswer(submission, author, digest) { return earlier }
            throw refusal
        }
        let isWithheld = try isWithheld(submission, from: author)
        if submission.ephemeral { return isWithheld ? .relayed : try relay(submission, author, targets) }
        do {
            try checkRoom()
            if isWithheld { try checkWithheld(targets) } else { try checkMailboxes(submission, targets, author) }
        } catch let refusal as Refusal {
            if let earlier = try earlierAnswer(submission, author, digest) { return earlier }
            throw refusal
        }
        return try store(submission, author, targets, digest, isWithheld: isWithheld)
    }

    private func checkID(_ id: MessageID) throws {
        guard id.isVersion7 else {
            throw Refusal(.badID, "message_id is not a UUIDv7 (RFC 9562 section 5.7)")
        }
        guard id >= idsFrom else {
            throw Refusal(.idTooOld, "message_id is older than what the server can recognise; send it with a new id")
        }
    }

    private func checkSizes(_ submission: Submission) throws {
        guard submission.content.byteCount <= limits.messageBytes else {
            throw Refusal(.tooLarge, "a message has at most \(limits.messageBytes) bytes of payload")
        }
        if let label = submission.label, label.utf8.count > PushDisplay.mostBytes {
            throw Refusal(.tooLarge, "label has at most \(PushDisplay.mostBytes) bytes")
        }
        if let seconds = submission.timeToLive, !(1...limits.timeToLive).contains(seconds) {
            throw Refusal(.badTTL, "ttl is 1 to \(limits.timeToLive) seconds")
        }
    }

    private func store(
        _ submission: Submission, _ author: Author, _ targets: [Target], _ digest: [UInt8], isWithheld: Bool
    ) throws -> SendOutcome {
        let now = timekeeper.lastTime
        let expiresAt = now + Int64(submission.timeToLive ?? limits.timeToLive) * 1000
        let flags = submission.flags(for: author)
        for (part, target) in targets.enumerated() {
            guard try remember(submission.id, author.key, part, target.log, at: now, digest) else {
                guard let earlier = try earlierAnswer(submission, author, digest) else {
                    throw StoreError.damaged("a row of accepted is in the way and cannot be read")
                }
                return earlier
            }
            if isWithheld {
                let row = MessageRow(
                    seq: 0, log: target.log, sender: author.key, id: submission.id, acceptedAt: now,
                    expiresAt: expiresAt, kind: .message, flags: flags, logCount: 0, logBytes: 0, payload: [])
                try withhold(row, bytes: target.payload.count)
            } else {
                try append(
                    to: target.log, from: author.key, id: submission.id, acceptedAt: now, expiresAt: expiresAt,
                    flags: flags, payload: target.payload, label: submission.label)
            }
        }
        acceptedRows.value += Int64(targets.count)
        return .accepted(at: now, duplicate: false)
    }

    /// Notes what the id stands for; false when it stands for something already.
    private func remember(
        _ id: MessageID, _ sender: DeviceKey, _ part: Int, _ log: LogKey, at now: Int64, _ digest: [UInt8]
    ) throws -> Bool {
        let statement = statements.insertAccepted
        var id = (id.high.bigEndian, id.low.bigEndian)
        try withUnsafeBytes(of: &id) { id in
            try digest.withUnsafeBytes { digest in
                statement.bind(staying: id, at: 1)
                sqlite3_bind_int64(statement.handle, 2, sender)
                sqlite3_bind_int64(statement.handle, 3, Int64(part))
                sqlite3_bind_int64(statement.handle, 4, log)
                sqlite3_bind_int64(statement.handle, 5, positions.upcoming)
                sqlite3_bind_int64(statement.handle, 6, now)
                statement.bind(staying: digest, at: 7)
                try statement.finish()
            }
        }
        return connection.changes == 1
    }

    private func earlierAnswer(_ submission: Submission, _ author: Author, _ digest: [UInt8]) throws -> SendOutcome? {
        let statement = statements.findAccepted
        statement.bind(submission.id.bytes, author.key)
        defer { statement.reset() }
        guard try statement.step() else { return nil }
        guard statement.bytes(1) == digest else {
            throw Refusal(
                .idConflict, "this message_id was used for another recipient or payload; give each message its own id")
        }
        return .accepted(at: statement.int(0), duplicate: true)
    }

    private func relay(_ submission: Submission, _ author: Author, _ targets: [Target]) throws -> SendOutcome {
        let now = timekeeper.lastTime
        for target in targets {
            journal.append(
                .relayed(
                    MessageRow(
                        seq: 0, log: target.log, sender: author.key, id: submission.id, acceptedAt: now, expiresAt: now,
                        kind: .message, flags: submission.flags(for: author), logCount: 0, logBytes: 0,
                        payload: target.payload)))
        }
        return .relayed
    }
}

extension Submission {
    fileprivate func flags(for author: Author) -> MessageFlags {
        var flags: MessageFlags = urgency == .urgent ? [.urgent] : []
        // A service holds no socket, so there is nobody to give a receipt to.
        if receipt && author.address != nil { flags.insert(.receipt) }
        if case .sealed = content { flags.insert(.part) }
        return flags
    }
}
