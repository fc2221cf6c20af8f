import RestanteCore

/// Whom a user has blocked: for all of its devices, until it says otherwise.
///
/// Its other devices are not told; they ask when they show the list.
extension Engine {
    func block(_ other: UserName, by user: UserName) throws {
        guard other != user else { throw Refusal(.badRequest, "a user does not block itself") }
        guard try !isBlocked(other, by: user) else { return }
        try checkRoom()
        let count = try connection.first("SELECT count(*) FROM blocks WHERE user = ?1", user.rawValue) { $0.int(0) }
        guard count ?? 0 < limits.blocksPerUser else {
            throw Refusal(.tooManyBlocks, "a user blocks at most \(limits.blocksPerUser) others; unblock some first")
        }
        // Whether there is such a user is not said.
        try connection.run(
            "INSERT INTO blocks(user, blocked, blocked_at) VALUES (?1, ?2, ?3)", user.rawValue, other.rawValue, now)
        directory.forget(user)
    }

    func unblock(_ other: UserName, by user: UserName) throws {
        try connection.run("DELETE FROM blocks WHERE user = ?1 AND blocked = ?2", user.rawValue, other.rawValue)
        directory.forget(user)
    }

    func blocks(of user: UserName) throws -> [UserName] {
        try connection.all("SELECT blocked FROM blocks WHERE user = ?1 ORDER BY blocked", user.rawValue) {
            UserName(unchecked: $0.text(0))
        }
    }

    /// Whether a message is to be withheld. In groups nobody is blocked, and services are not.
    func isWithheld(_ submission: Submission, from author: Author) throws -> Bool {
        guard let sender = author.address?.user, let user = submission.recipient.user, user != sender,
            try directory.user(user)?.hasBlocks == true
        else { return false }
        return try isBlocked(sender, by: user)
    }

    private func isBlocked(_ other: UserName, by user: UserName) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM blocks WHERE user = ?1 AND blocked = ?2", user.rawValue, other.rawValue, row: { $0.int(0) })
            != nil
    }
}
