import RestanteCore

/// Who may reach whom, in commit order. Who is out of reach looks like somebody that there is not.
extension Engine {
    /// Refuses a one-to-one message that the policy does not allow.
    func checkReach(_ submission: Submission, from author: Author) throws {
        guard policies.send != .any, let sender = author.address?.user, let user = submission.recipient.user,
            user != sender
        else { return }
        if policies.send == .service {
            throw Refusal(.notAllowed, "on this server users do not send to users; they write in groups")
        }
        guard try !areInOneGroup(sender, user) else { return }
        if case .device = submission.recipient { throw Refusal.deviceNotLinked }
        throw Refusal.userNotLinked
    }

    /// Refuses to add users whom the policy does not cover.
    ///
    /// - Parameter adder: nil: a service, which may add anybody.
    func checkMayAdd(_ users: [UserName], _ adder: UserName?) throws {
        guard policies.groupAdd != .any, !users.isEmpty, let adder else { return }
        if policies.groupAdd == .service {
            throw Refusal(.notAllowed, "on this server the app's backend adds members to groups")
        }
        for user in users where try !areInOneGroup(adder, user) { throw Refusal.noSuchUser }
    }

    /// The devices of a user that the asking one may send to, or is in a group with.
    func devices(of user: UserName, for asker: UserName) throws -> DeviceList {
        guard try policies.send == .any || user == asker || areInOneGroup(asker, user) else { throw Refusal.noSuchUser }
        return try devices(of: user)
    }

    private func areInOneGroup(_ one: UserName, _ other: UserName) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM members a JOIN members b ON b.log_id = a.log_id AND b.user = ?2 WHERE a.user = ?1 LIMIT 1",
            one.rawValue, other.rawValue, row: { $0.int(0) }) != nil
    }
}
