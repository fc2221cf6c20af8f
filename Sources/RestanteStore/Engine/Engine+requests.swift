import FoundationEssentials
import RestanteCore

extension Engine {
    /// Answers what is neither a send nor a read.
    func answer(_ request: Request, _ origin: Origin) throws -> Reply {
        if case .operators = origin { return try answerOperator(request) }
        guard let author = try author(of: origin) else {
            throw Refusal(.unavailable, "this session has ended; connect again")
        }
        guard let address = author.address else { return try answer(request, service: author) }
        return try answer(request, author, address)
    }

    private func answer(_ request: Request, _ author: Author, _ address: DeviceAddress) throws -> Reply {
        switch request {
        case .devices(let user):
            return .devices(try devices(of: user, for: address.user))
        case .block(let other):
            try block(other, by: address.user)
            return .done
        case .unblock(let other):
            try unblock(other, by: address.user)
            return .done
        case .listBlocks:
            return .blocks(try blocks(of: address.user))
        case .createGroup(let name, let members, let admin):
            guard admin == nil || admin == address.user else {
                throw Refusal(.notAllowed, "only a service makes a group for somebody else")
            }
            return .groupVersion(try createGroup(name, members, by: author, address.user))
        case .addMembers(let name, let users):
            return .groupVersion(try addMembers(users, member(name, author, address)))
        case .removeMembers(let name, let users):
            return .groupVersion(try removeMembers(users, member(name, author, address)))
        case .leaveGroup(let name):
            return .groupVersion(try depart(address.user, from: name, by: author.key))
        case .setRole(let name, let user, let role):
            return .groupVersion(try setRole(of: user, to: role, member(name, author, address)))
        case .groupInfo(let name):
            return .group(try groupInfo(member(name, author, address)))
        case .listGroups:
            return .groups(try groups(of: address.user))
        case .deleteGroup(let name):
            try deleteGroup(member(name, author, address))
            return .done
        case .status(let id):
            return .status(try status(of: id, from: author.key))
        case .cancel(let id):
            try cancel(id, from: author.key)
            return .done
        case .refresh(let issuedAt, let expiresAt):
            try refresh(author.key, address, issuedAt: issuedAt)
            return .refreshed(expiresAt: expiresAt)
        case .registerPush(let target, let display):
            try registerPush(target, showing: display, for: author.key)
            return .done
        case .removePush:
            try removePush(of: author.key)
            return .done
        case .unlink(let other):
            guard other.user == address.user else { throw Refusal.noSuchDevice }
            try unlink(other, by: author.key, as: .user)
            return .done
        case .groups, .deleteUser, .revoke, .mailbox, .wake, .overview, .clock, .confirmClock, .probe:
            throw Refusal(.notAllowed, "only an operator or a service may ask for this")
        }
    }

    private func answerOperator(_ request: Request) throws -> Reply {
        switch request {
        case .devices(let user):
            return .devices(try devices(of: user))
        case .unlink(let address):
            try unlink(address, by: nil, as: .operator)
            return .done
        case .deleteUser(let user):
            try deleteUser(user)
            return .done
        case .revoke(let owner):
            try revoke(owner)
            return .done
        case .mailbox(let user):
            return .mailbox(try mailbox(of: user))
        case .wake(let address):
            return .wake(try wake(of: address))
        case .overview:
            return .overview(try overview())
        case .clock:
            return .clock(timekeeper.report())
        case .confirmClock:
            return .clock(try confirmClock())
        case .probe:
            return .done
        default:
            throw Refusal(.notAllowed, "this request is a device's to make")
        }
    }

    private func member(_ name: GroupName, _ author: Author, _ address: DeviceAddress) throws -> Membership {
        guard let group = try directory.group(name), let role = try directory.role(of: address.user, in: group)
        else {
            throw Refusal.noSuchGroup
        }
        return Membership(name: name, group: group, user: address.user, device: author.key, role: role)
    }

    func devices(of user: UserName) throws -> DeviceList {
        guard let entry = try directory.user(user) else { throw Refusal.noSuchUser }
        return DeviceList(user: user, devices: entry.devices.map(\.name), version: entry.version)
    }

    private func mailbox(of user: UserName) throws -> [DeviceMailbox] {
        guard let entry = try directory.user(user) else { throw Refusal.noSuchUser }
        return try entry.devices.map { device in
            try moveLateCursors(of: device.key)
            let lastSeen = try connection.first(
                "SELECT last_seen_at FROM devices WHERE device_id = ?1", device.key
            ) { $0.int(0) }
            return DeviceMailbox(
                device: device.name, pending: try pending(behind: cursors(of: device.key)), lastSeenAt: lastSeen ?? 0)
        }
    }

    private func overview() throws -> StoreOverview {
        let count = { (sql: String) in try self.connection.first(sql) { $0.int(0) } ?? 0 }
        return StoreOverview(
            users: try count(
                "SELECT count(DISTINCT user) FROM devices WHERE kind = 'device' AND unlinked_at IS NULL"),
            devices: try count("SELECT count(*) FROM devices WHERE kind = 'device' AND unlinked_at IS NULL"),
            groups: try count("SELECT count(*) FROM groups"), sessions: Int64(sessions.count),
            messages: try index.count(),
            databaseBytes: try count("PRAGMA page_count") * count("PRAGMA page_size"),
            schemaVersion: Int(try count("PRAGMA user_version")), walBytes: wal.bytes,
            clockHeld: timekeeper.report().held)
    }
}

/// The payload of a message that the server makes: JSON with sorted keys, so that equal changes are equal bytes.
func json(_ value: some Encodable) -> Payload {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
        return Payload(try encoder.encode(value))
    } catch {
        preconditionFailure("a change of strings and numbers can be encoded: \(error)")
    }
}
