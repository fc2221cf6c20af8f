import RestanteCore

/// Tokens that count no more, told by whose they are and the second in which they were issued.
///
/// A row is kept for good, since nothing bounds for how long a token is valid: one for each user, device and service whose
/// tokens were ever revoked; a user's stands for those of its devices.
extension Engine {
    private static let revokeSQL = """
        INSERT INTO revocations(kind, name, device, issued_through, revoked_at) VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT(kind, name, device) DO UPDATE
        SET issued_through = max(issued_through, excluded.issued_through), revoked_at = excluded.revoked_at
        """

    private static let revokedSQL =
        "SELECT issued_through FROM revocations WHERE kind = ?1 AND name = ?2 AND device = ?3"

    /// Tokens issued up to now count no more, and the sessions that were opened with one end. Devices and mail stay.
    ///
    /// Now is the later of the store's clock and the machine's, and not before the tokens of the sessions that end: whoever
    /// issued them may have a clock that is ahead.
    func revoke(_ owner: TokenOwner) throws {
        let ending = try sessions(of: owner)
        let through = ending.map(\.tokenIssuedAt).reduce(timekeeper.latest / 1000, max)
        let row = owner.row
        try connection.run(Self.revokeSQL, row.kind, row.name, row.device, through, now)
        switch owner {
        case .user(let name):
            try connection.run(
                "DELETE FROM revocations WHERE kind = 'device' AND name = ?1 AND issued_through <= ?2", name.rawValue,
                through)
        case .service(let name): services[name] = nil
        case .device: break
        }
        for session in ending {
            try release(session.id)
            endedLater.append((session.id, .revoked))
        }
    }

    private func sessions(of owner: TokenOwner) throws -> [Session] {
        switch owner {
        case .user(let name): try directory.user(name)?.devices.compactMap { sessionOfDevice[$0.key] } ?? []
        case .device(let address):
            try directory.user(address.user)?.device(address.device).flatMap { sessionOfDevice[$0.key] }.map { [$0] }
                ?? []
        case .service: []
        }
    }

    func revokedThrough(_ owner: TokenOwner) throws -> Int64? {
        let row = owner.row
        return try connection.first(Self.revokedSQL, row.kind, row.name, row.device) { $0.int(0) }
    }

    /// Refuses a device's token that was revoked, or whose user's tokens were.
    func checkToken(of address: DeviceAddress, issuedAt: Int64) throws {
        try checkIssued(issuedAt, after: revokedThrough(.user(address.user)))
        try checkIssued(issuedAt, after: revokedThrough(.device(address)))
    }

    /// The device's session goes on with another token.
    func refresh(_ device: DeviceKey, _ address: DeviceAddress, issuedAt: Int64) throws {
        try checkToken(of: address, issuedAt: issuedAt)
        guard let session = sessionOfDevice[device] else { return }
        session.tokenIssuedAt = max(session.tokenIssuedAt, issuedAt)
    }

    func checkIssued(_ issuedAt: Int64, after revokedThrough: Int64?) throws {
        guard let revokedThrough, issuedAt <= revokedThrough else { return }
        throw Refusal(.invalidToken, "a valid token is needed")
    }
}

extension TokenOwner {
    /// Its key in the table `revocations`.
    fileprivate var row: (kind: String, name: String, device: String) {
        switch self {
        case .user(let name): ("user", name.rawValue, "")
        case .device(let address): ("device", address.user.rawValue, address.device.rawValue)
        case .service(let name): ("service", name.rawValue, "")
        }
    }
}
