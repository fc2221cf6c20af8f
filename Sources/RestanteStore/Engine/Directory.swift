import RestanteCore

/// A linked device, as the way of a message needs it.
struct DeviceEntry {
    let key: DeviceKey
    let name: DeviceName
    /// The device's own log, as one table says: ``Directory/log(of:of:)`` asks the other, too.
    fileprivate let log: LogKey
}

/// A user with linked devices.
struct UserEntry {
    let log: LogKey
    /// Of its devices.
    let version: Int64
    let devices: [DeviceEntry]
    /// It has blocked somebody.
    let hasBlocks: Bool

    func device(_ name: DeviceName) -> DeviceEntry? { devices.first { $0.name == name } }
}

/// A group, as sends check it.
struct GroupEntry {
    let log: LogKey
    let version: Int64
}

/// A member's place in a group.
private struct Seat: Hashable {
    let log: LogKey
    let user: UserName
}

/// Who there is: users, devices, groups, logs and senders, read from the tables and remembered.
///
/// Belongs to the store's thread. Whatever changes a table calls the matching `forget`, in the same transaction.
struct Directory {
    private let connection: Connection
    private var users = BoundedCache<UserName, UserEntry>(capacity: 200_000)
    /// A send asks for its recipient more than once.
    private var lastUser: (name: UserName, entry: UserEntry)?
    private var groups = BoundedCache<GroupName, GroupEntry>(capacity: 20_000)
    /// With the version of the group that it is of.
    private var roles = BoundedCache<Seat, (role: Role, version: Int64)>(capacity: 200_000)
    private var conversations = BoundedCache<LogKey, Conversation>(capacity: 200_000)
    private var senders = BoundedCache<DeviceKey, Sender>(capacity: 200_000)

    init(_ connection: Connection) {
        self.connection = connection
    }

    /// The user with its linked devices; nil when there is none.
    mutating func user(_ name: UserName) throws -> UserEntry? {
        if let lastUser, lastUser.name == name { return lastUser.entry }
        if let entry = users[name] {
            lastUser = (name, entry)
            return entry
        }
        let devices = try connection.all(
            "SELECT device_id, device, log_id FROM devices WHERE user = ?1 AND kind = 'device' AND unlinked_at IS NULL"
                + " ORDER BY device_id", name.rawValue
        ) { DeviceEntry(key: $0.int(0), name: DeviceName(unchecked: $0.text(1)), log: $0.int(2)) }
        guard !devices.isEmpty, let (log, version, hasBlocks) = try userLog(name) else { return nil }
        try check(log, is: .user(name))
        let entry = UserEntry(log: log, version: version, devices: devices, hasBlocks: hasBlocks)
        users[name] = entry
        return entry
    }

    /// The log and device version of a user that has ever linked a device.
    func userLog(_ name: UserName) throws -> (log: LogKey, version: Int64, hasBlocks: Bool)? {
        try connection.first(
            // `kind <> 'device'` is what lets SQLite use the partial index; it does not infer it from the kind.
            "SELECT log_id, version, EXISTS (SELECT 1 FROM blocks WHERE user = ?1) FROM logs"
                + " WHERE kind = 'user' AND kind <> 'device' AND name = ?1 AND ended_at IS NULL", name.rawValue
        ) { ($0.int(0), $0.int(1), $0.int(2) != 0) }
    }

    /// The own log of a device. Looked at when it is used: a send to its user does not.
    mutating func log(of device: DeviceEntry, of user: UserName) throws -> LogKey {
        try check(device.log, is: .device(DeviceAddress(user: user, device: device.name)))
        return device.log
    }

    mutating func group(_ name: GroupName) throws -> GroupEntry? {
        if let entry = groups[name] { return entry }
        guard
            let (log, version) = try connection.first(
                "SELECT g.log_id, l.version FROM groups g JOIN logs l USING (log_id) WHERE g.name = ?1", name.rawValue,
                row: { ($0.int(0), $0.int(1)) })
        else { return nil }
        try check(log, is: .group(name))
        let entry = GroupEntry(log: log, version: version)
        groups[name] = entry
        return entry
    }

    /// The role of a user in a group; nil: it is no member. Every change of a membership raises the group's version.
    mutating func role(of user: UserName, in group: GroupEntry) throws -> Role? {
        let seat = Seat(log: group.log, user: user)
        if let found = roles[seat], found.version == group.version { return found.role }
        let name = try connection.first(
            "SELECT role FROM members WHERE log_id = ?1 AND user = ?2", group.log, user.rawValue, row: { $0.text(0) })
        guard let name else { return nil }
        let role = Role(name: name) ?? .member
        roles[seat] = (role, group.version)
        return role
    }

    /// All members, read anew: they can be a thousand, which a send need not know.
    func members(of group: GroupEntry) throws -> [UserName: Role] {
        let members = try connection.all("SELECT user, role FROM members WHERE log_id = ?1", group.log) {
            (UserName(unchecked: $0.text(0)), Role(name: $0.text(1)) ?? .member)
        }
        return Dictionary(members) { first, _ in first }
    }

    /// Where messages of this log were sent to.
    mutating func conversation(of log: LogKey) throws -> Conversation {
        if let found = conversations[log] { return found }
        guard
            let (kind, name) = try connection.first(
                "SELECT kind, name FROM logs WHERE log_id = ?1", log, row: { ($0.text(0), $0.text(1)) })
        else { throw StoreError.damaged("log \(log) has messages or cursors, but no row") }
        let conversation: Conversation
        switch kind {
        case "user": conversation = .user(UserName(unchecked: name))
        case "group":
            try check(log, isOfGroup: name)
            conversation = .group(GroupName(unchecked: name))
        default: conversation = .device(try address(ofLog: log, named: name))
        }
        conversations[log] = conversation
        return conversation
    }

    /// Whom a message is from: the row outlives the device.
    mutating func sender(_ key: DeviceKey) throws -> Sender {
        if let found = senders[key] { return found }
        let found = try connection.first("SELECT kind, user, device, log_id FROM devices WHERE device_id = ?1", key) {
            ($0.text(0), $0.text(1), $0.text(2), $0.optionalInt(3))
        }
        guard let (kind, user, device, log) = found else { return .service(ServiceName(unchecked: "unknown")) }
        let sender: Sender
        if kind == "service" {
            sender = .service(ServiceName(unchecked: user))
        } else {
            let address = DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: device))
            if let log { try check(log, is: .device(address)) }
            sender = .device(address)
        }
        senders[key] = sender
        return sender
    }

    /// What one table says of a log, another says, too: a message must never go to, or seem to come from, someone else
    /// because a bit has flipped.
    private mutating func check(_ log: LogKey, is expected: Conversation) throws {
        let found = try conversation(of: log)
        guard found == expected else {
            throw StoreError.damaged("log \(log) is found as \(expected.text), and its row says \(found.text)")
        }
    }

    /// The row of a group that has ended is gone, and says nothing.
    private func check(_ log: LogKey, isOfGroup name: String) throws {
        let found = try connection.first("SELECT name FROM groups WHERE log_id = ?1", log) { $0.text(0) }
        guard let found, found != name else { return }
        throw StoreError.damaged("log \(log) is the group \(name)'s by its own row, and \(found)'s by the group's")
    }

    mutating func forget(_ user: UserName) {
        users[user] = nil
        lastUser = nil
    }
    mutating func forget(_ group: GroupName) { groups[group] = nil }

    private func address(ofLog log: LogKey, named name: String) throws -> DeviceAddress {
        guard
            let address = try connection.first(
                "SELECT user, device FROM devices WHERE log_id = ?1", log,
                row: { DeviceAddress(user: UserName(unchecked: $0.text(0)), device: DeviceName(unchecked: $0.text(1))) }
            )
        else { throw StoreError.damaged("the device \(name) of log \(log) has no row") }
        guard address.description == name else {
            throw StoreError.damaged("log \(log) is \(name)'s by its own row, and \(address)'s by the device's")
        }
        return address
    }
}
