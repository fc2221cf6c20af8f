import RestanteCore

/// One row that a send makes: the log it goes to and what it carries.
struct Target {
    let log: LogKey
    let payload: Payload
}

extension Engine {
    /// Finds the logs that a send goes to, or refuses it: checked in the writer's transaction, in commit order.
    func resolve(_ submission: Submission, _ author: Author) throws -> [Target] {
        try checkReach(submission, from: author)
        switch (submission.recipient, submission.content) {
        case (.user(let user), .payload(let payload)):
            return [Target(log: try recipientUser(user, besides: author).log, payload: payload)]
        case (.user(let user), .sealed(let parts, let version)):
            return try sealed(parts, version, for: user, author)
        case (.device(let address), .payload(let payload)):
            guard let device = try directory.user(address.user)?.device(address.device), device.key != author.key else {
                throw Refusal.deviceNotLinked
            }
            return [Target(log: try directory.log(of: device, of: address.user), payload: payload)]
        case (.group(let group), .payload(let payload)):
            return [Target(log: try recipientGroup(group, submission.groupVersion, author).log, payload: payload)]
        case (_, .sealed):
            throw Refusal(.badRequest, "sealed parts go to a user; a group or one device takes one payload")
        }
    }

    /// The user, if it has a device linked that the message is owed to.
    private func recipientUser(_ user: UserName, besides author: Author) throws -> UserEntry {
        guard let entry = try directory.user(user), entry.devices.contains(where: { $0.key != author.key }) else {
            throw Refusal.userNotLinked
        }
        return entry
    }

    private func recipientGroup(_ group: GroupName, _ version: Int64?, _ author: Author) throws -> GroupEntry {
        guard let entry = try directory.group(group) else { throw Refusal.noSuchGroup }
        if let address = author.address {
            guard try directory.role(of: address.user, in: entry) != nil else { throw Refusal.noSuchGroup }
        } else {
            try checkFollowed(entry.log)
        }
        guard version == nil || version == entry.version else {
            let members = try directory.members(of: entry).keys.sorted().map { user in
                MemberDevices(user: user, devices: try directory.user(user)?.devices.map(\.name) ?? [])
            }
            throw Refusal(
                .staleGroup, "the group has changed since; encrypt for the members given and send again",
                stale: StaleView(version: entry.version, members: members))
        }
        return entry
    }

    /// A member that sends follows the group itself; a service does not, and all members may be without a device.
    private func checkFollowed(_ log: LogKey) throws {
        let follower = try connection.first(
            "SELECT device_id FROM cursors WHERE log_id = ?1 AND until_seq IS NULL LIMIT 1", log, row: { $0.int(0) })
        guard follower != nil else {
            throw Refusal(.noDevices, "no member of this group has a linked device")
        }
    }

    private func sealed(
        _ parts: [SealedPart], _ version: Int64, for user: UserName, _ author: Author
    ) throws -> [Target] {
        let entry = try recipientUser(user, besides: author)
        let linked = entry.devices.filter { $0.key != author.key }
        let named = Set(parts.map(\.device))
        guard named.count == parts.count else {
            throw Refusal(.badRequest, "a sealed send has one part for each device")
        }
        let missing = linked.filter { !named.contains($0.name) }.map(\.name)
        let extra = parts.map(\.device).filter { name in !linked.contains { $0.name == name } }
        guard version == entry.version, missing.isEmpty, extra.isEmpty else {
            throw Refusal(
                .staleDevices, "the user's devices have changed since; encrypt for those given and send again",
                stale: StaleView(
                    version: entry.version, members: [MemberDevices(user: user, devices: linked.map(\.name))],
                    missing: missing, extra: extra))
        }
        return try parts.compactMap { part in
            try entry.device(part.device).map {
                Target(log: try directory.log(of: $0, of: user), payload: part.payload)
            }
        }
    }
}

extension Refusal {
    /// Absent and not permitted look the same.
    static let noSuchGroup = Refusal(.notFound, "there is no such group that you are a member of")
    static let noSuchUser = Refusal(.notFound, "there is no such user")
    static let userNotLinked = Refusal(
        .noDevices, "this user has no linked device that the message could be held for")
    static let deviceNotLinked = Refusal(.noDevices, "this device is not linked; ask for the user's devices")
    static let mailboxFull = Refusal(
        .mailboxFull, "every device of this recipient has as much waiting as it may have; send again later",
        retryAfter: 3600)
    static let noSuchDevice = Refusal(.notFound, "there is no such device")
    static let noSuchMessage = Refusal(.notFound, "there is no such message of this device, or it was forgotten")
}
