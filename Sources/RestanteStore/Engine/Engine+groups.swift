import RestanteCore

/// A group as seen by a member that asks for a change, or by a service.
struct Membership {
    let name: GroupName
    let group: GroupEntry
    /// Nil: a service, which is no member.
    let user: UserName?
    let device: DeviceKey
    let role: Role
}

extension Engine {
    func createGroup(_ name: GroupName, _ others: [UserName], by author: Author, _ creator: UserName) throws -> Int64 {
        if let existing = try directory.group(name) {
            // Asking again after a lost answer is harmless: whoever made the group is told what it is now.
            let createdBy = try connection.first(
                "SELECT created_by FROM groups WHERE log_id = ?1", existing.log
            ) { $0.text(0) }
            guard createdBy == creator.rawValue, try directory.role(of: creator, in: existing) != nil else {
                throw Refusal(.groupExists, "this group name is taken; groups are best named by a random UUID")
            }
            return existing.version
        }
        try checkRoom()
        let others = others.uniqued().filter { $0 != creator }
        try checkSize(others.count + 1)
        try checkMayAdd(others, author.address?.user)
        for user in [creator] + others { try checkMayJoin(user) }
        let log = try makeGroupLog(name)
        try connection.run(
            "INSERT INTO groups(log_id, name, created_by, created_at) VALUES (?1, ?2, ?3, ?4)",
            log, name.rawValue, creator.rawValue, now)
        let users = [creator] + others
        for user in users { try join(user, log, as: user == creator ? .admin : .member) }
        return try change(name, log, by: author.key, "created", users)
    }

    func addMembers(_ users: [UserName], _ member: Membership) throws -> Int64 {
        try checkAdmin(member)
        let members = try directory.members(of: member.group)
        let new = users.uniqued().filter { members[$0] == nil }
        guard !new.isEmpty else { return member.group.version }
        try checkRoom()
        try checkSize(members.count + new.count)
        try checkMayAdd(new, member.user)
        for user in new { try checkMayJoin(user) }
        for user in new { try join(user, member.group.log, as: .member) }
        return try change(member.name, member.group.log, by: member.device, "added", new)
    }

    func removeMembers(_ users: [UserName], _ member: Membership) throws -> Int64 {
        try checkAdmin(member)
        let gone = try users.uniqued().filter { try directory.role(of: $0, in: member.group) != nil }
        guard !gone.isEmpty else { return member.group.version }
        if let user = member.user, gone.contains(user) {
            throw Refusal(.badRequest, "an admin does not remove itself; leave the group instead")
        }
        return try remove(gone, from: member.name, member.group, by: member.device, as: "removed")
    }

    /// A member goes by itself; the last admin's going promotes the longest-standing member, the last member's ends the group.
    @discardableResult
    func depart(_ user: UserName, from name: GroupName, by device: DeviceKey) throws -> Int64 {
        guard let group = try directory.group(name), try directory.role(of: user, in: group) != nil else {
            throw Refusal.noSuchGroup
        }
        return try remove([user], from: name, group, by: device, as: "left")
    }

    private func remove(
        _ users: [UserName], from name: GroupName, _ group: GroupEntry, by device: DeviceKey, as what: String
    ) throws -> Int64 {
        let gone = Set(users)
        let members = try directory.members(of: group)
        let hasAdmin = members.contains { $0.value == .admin && !gone.contains($0.key) }
        let heir = hasAdmin ? nil : try longestStanding(group.log, besides: gone)
        let version = try change(name, group.log, by: device, what, users, promoted: heir) { row in
            for user in users { try part(user, row) }
        }
        if let heir {
            try connection.run(
                "UPDATE members SET role = 'admin' WHERE log_id = ?1 AND user = ?2", group.log, heir.rawValue)
        }
        if gone.count == members.count { try endGroup(group.log) }
        return version
    }

    func setRole(of user: UserName, to role: Role, _ member: Membership) throws -> Int64 {
        try checkAdmin(member)
        let members = try directory.members(of: member.group)
        guard let current = members[user] else { throw Refusal.noSuchUser }
        guard current != role else { return member.group.version }
        let admins = members.values.filter { $0 == .admin }.count
        guard role == .admin || admins > 1 else {
            throw Refusal(.badRequest, "a group keeps at least one admin; make another member admin first")
        }
        return try change(member.name, member.group.log, by: member.device, "role", [user], role: role) { row in
            try connection.run(
                "UPDATE members SET role = ?3 WHERE log_id = ?1 AND user = ?2", row.log, user.rawValue, role.name)
        }
    }

    /// The log goes when its last message has been delivered.
    func deleteGroup(_ member: Membership) throws {
        try checkAdmin(member)
        let everyone = try directory.members(of: member.group).keys.sorted()
        _ = try change(member.name, member.group.log, by: member.device, "deleted", everyone) { row in
            for user in everyone { try part(user, row) }
        }
        try endGroup(member.group.log)
    }

    func groupInfo(_ member: Membership) throws -> GroupInfo {
        let members = try connection.all(
            "SELECT user, role, joined_at FROM members WHERE log_id = ?1 ORDER BY joined_seq, joined_at, user",
            member.group.log
        ) {
            Member(
                user: UserName(unchecked: $0.text(0)), role: Role(name: $0.text(1)) ?? .member, joinedAt: $0.int(2))
        }
        return GroupInfo(name: member.name, version: member.group.version, members: members)
    }

    func groups(of user: UserName) throws -> [GroupSummary] {
        try connection.all(
            "SELECT g.name, l.version, m.role, (SELECT count(*) FROM members x WHERE x.log_id = g.log_id)"
                + " FROM members m JOIN groups g USING (log_id) JOIN logs l USING (log_id) WHERE m.user = ?1"
                + " ORDER BY g.name", user.rawValue
        ) {
            GroupSummary(
                name: GroupName(unchecked: $0.text(0)), version: $0.int(1), role: Role(name: $0.text(2)) ?? .member,
                memberCount: Int($0.int(3)))
        }
    }

    // MARK: Steps

    private func checkAdmin(_ member: Membership) throws {
        guard member.role == .admin else { throw Refusal(.notAllowed, "only an admin of the group may do this") }
    }

    private func checkSize(_ count: Int) throws {
        guard count <= limits.groupMembers else {
            throw Refusal(.groupFull, "a group has at most \(limits.groupMembers) members")
        }
    }

    private func checkMayJoin(_ user: UserName) throws {
        guard try directory.user(user) != nil else { throw Refusal.noSuchUser }
        guard try groupLogs(of: user).count < limits.groupsPerUser else {
            throw Refusal(.tooManyGroups, "\(user) is in \(limits.groupsPerUser) groups, which is the most")
        }
    }

    private func longestStanding(_ log: LogKey, besides gone: Set<UserName>) throws -> UserName? {
        try connection.all(
            "SELECT user FROM members WHERE log_id = ?1 ORDER BY joined_seq, joined_at, user", log
        ) { UserName(unchecked: $0.text(0)) }.first { !gone.contains($0) }
    }

    /// Every change is a message of the log, at whose position it happens, and raises the version.
    private func change(
        _ name: GroupName, _ log: LogKey, by device: DeviceKey, _ what: String, _ users: [UserName],
        role: Role? = nil, promoted: UserName? = nil, _ body: (MessageRow) throws -> Void = { _ in }
    ) throws -> Int64 {
        let version = try raiseVersion(log)
        directory.forget(name)
        let row = try announce(
            MembershipChange(
                change: what, users: users.map(\.rawValue), role: role?.name, promoted: promoted?.rawValue,
                version: version), in: log, by: device)
        try body(row)
        return version
    }

    private func announce(_ change: MembershipChange, in log: LogKey, by device: DeviceKey) throws -> MessageRow {
        try announce(.membership, in: log, by: device, json(change))
    }

    /// From the membership message on that the log gets next, which tells the new member, too; nothing before it.
    private func join(_ user: UserName, _ log: LogKey, as role: Role) throws {
        let position = positions.upcoming
        try connection.run(
            "INSERT INTO members(log_id, user, role, joined_at, joined_seq) VALUES (?1, ?2, ?3, ?4, ?5)",
            log, user.rawValue, role.name, now, position)
        let head = try head(of: log)
        let start = LogMark(seq: position - 1, count: head.count, bytes: head.bytes)
        for device in try directory.user(user)?.devices ?? [] {
            try endRemainder(of: device.key, log)
            try follow(device.key, log, from: start)
        }
    }

    /// Owed up to and including this message, then no more.
    private func part(_ user: UserName, _ row: MessageRow) throws {
        try connection.run("DELETE FROM members WHERE log_id = ?1 AND user = ?2", row.log, user.rawValue)
        for device in try directory.user(user)?.devices ?? [] {
            try connection.run(
                "UPDATE cursors SET until_seq = ?3 WHERE device_id = ?1 AND log_id = ?2", device.key, row.log, row.seq)
            journal.append(.unfollowed(device.key, row.log, until: row.seq))
            try wakeWhoParts(device.key, from: row.log)
        }
    }

    /// What was still owed from the last time is told as a gap, since one device has one cursor in a log.
    private func endRemainder(of device: DeviceKey, _ log: LogKey) throws {
        try moveLateCursors(of: device)
        guard let (acked, end) = try remainder(of: device, log) else { return }
        let loss = try lose(device, log, after: acked, through: end, because: .removed)
        try endCursor(device, log, because: loss == nil ? nil : .removed)
        guard let session = sessionOfDevice[device] else { return }
        session.follows[log] = nil
        session.merge = nil
        stopFollowing(session, log)
        if let loss { tell(loss, to: session) } else { sendBehind(session) }
    }

    /// From where to where a device is still owed a log that its user has left.
    private func remainder(of device: DeviceKey, _ log: LogKey) throws -> (acked: LogMark, end: LogMark)? {
        let rest = try connection.first(
            "SELECT acked_seq, acked_count, acked_bytes, until_seq FROM cursors WHERE device_id = ?1 AND log_id = ?2",
            device, log
        ) { (LogMark(seq: $0.int(0), count: $0.int(1), bytes: $0.int(2)), $0.optionalInt(3)) }
        guard let (acked, until) = rest, let until else { return nil }
        return (acked, try message(until)?.row.mark ?? acked)
    }

    private func endGroup(_ log: LogKey) throws {
        try connection.run("DELETE FROM groups WHERE log_id = ?1", log)
        try connection.run("DELETE FROM members WHERE log_id = ?1", log)
        try connection.run("UPDATE logs SET ended_at = ?2 WHERE log_id = ?1", log, now)
        sweeper.note(log)
    }
}

extension Array where Element: Hashable {
    /// Each once, in the order of their first appearance.
    fileprivate func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
