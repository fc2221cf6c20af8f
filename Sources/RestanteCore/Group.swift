/// What a member may do: admins add and remove members, give roles and delete the group.
public enum Role: Int, Sendable, CaseIterable {
    case member = 0
    case admin = 1

    public var name: String { self == .admin ? "admin" : "member" }

    public init?(name: String) {
        switch name {
        case "member": self = .member
        case "admin": self = .admin
        default: return nil
        }
    }
}

/// A member as a group's `info` shows it.
public struct Member: Sendable, Equatable {
    public var user: UserName
    public var role: Role
    /// Milliseconds since the epoch, UTC.
    public var joinedAt: Int64

    public init(user: UserName, role: Role, joinedAt: Int64) {
        self.user = user
        self.role = role
        self.joinedAt = joinedAt
    }
}

/// A group as its members see it.
public struct GroupInfo: Sendable, Equatable {
    public var name: GroupName
    /// Rises with each change of members, roles or members' devices.
    public var version: Int64
    /// In the order in which they joined.
    public var members: [Member]

    public init(name: GroupName, version: Int64, members: [Member]) {
        self.name = name
        self.version = version
        self.members = members
    }
}

/// A group as its member's `list` shows it.
public struct GroupSummary: Sendable, Equatable {
    public var name: GroupName
    public var version: Int64
    public var role: Role
    public var memberCount: Int

    public init(name: GroupName, version: Int64, role: Role, memberCount: Int) {
        self.name = name
        self.version = version
        self.role = role
        self.memberCount = memberCount
    }
}

/// The payload of a message of kind `membership`, as JSON with sorted keys.
///
/// It is readable in the database on purpose: the server makes it and group keys rotate with it.
public struct MembershipChange: Codable, Sendable, Equatable {
    /// `created`, `added`, `removed`, `left`, `role` or `deleted`.
    public var change: String
    /// Whom it happened to.
    public var users: [String]
    /// For `role`, and for `left` when the group was left without an admin: the new role of ``users`` (or ``promoted``).
    public var role: String?
    /// The member that became an admin because the last one left or was removed.
    public var promoted: String?
    /// The group's version after it.
    public var version: Int64

    public init(change: String, users: [String], role: String? = nil, promoted: String? = nil, version: Int64) {
        self.change = change
        self.users = users
        self.role = role
        self.promoted = promoted
        self.version = version
    }
}

/// The payload of a message of kind `devices`, as JSON with sorted keys.
public struct DevicesChange: Codable, Sendable, Equatable {
    /// `linked` or `unlinked`.
    public var change: String
    public var user: String
    public var device: String
    /// The version after it: of the user's devices in the user's own conversation, of the group in a group.
    public var version: Int64

    public init(change: String, user: String, device: String, version: Int64) {
        self.change = change
        self.user = user
        self.device = device
        self.version = version
    }
}
