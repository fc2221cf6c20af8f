/// What can be asked of the store besides sending and reading.
public enum Request: Sendable, Equatable {
    /// The devices that a user has linked, and their version.
    case devices(of: UserName)
    /// `admin`: for a service, which is no member itself.
    case createGroup(GroupName, members: [UserName], admin: UserName? = nil)
    case addMembers(GroupName, [UserName])
    case removeMembers(GroupName, [UserName])
    case leaveGroup(GroupName)
    case setRole(GroupName, UserName, Role)
    case groupInfo(GroupName)
    case listGroups
    /// One-to-one messages of this user are accepted, and reach no device of the asking user. It cannot tell that from a
    /// recipient that stays away.
    case block(UserName)
    /// What was withheld meanwhile does not come any more.
    case unblock(UserName)
    case listBlocks
    /// Services only: the groups that a user is in.
    case groups(of: UserName)
    case deleteGroup(GroupName)
    /// Where a message that the asking device sent has got to.
    case status(MessageID)
    /// Withdraws a message of the asking device that nobody has received yet.
    case cancel(MessageID)
    /// The asking session goes on with another token of its device, which was verified. Refused with
    /// ``ErrorCode/invalidToken`` if it was revoked.
    ///
    /// `issuedAt` is its `iat`, in seconds since the epoch; `expiresAt` its `exp`, in milliseconds.
    case refresh(issuedAt: Int64, expiresAt: Int64)
    /// The asking device is to be woken here when mail comes while it is away, and nowhere else any more.
    case registerPush(PushTarget, PushDisplay)
    /// The asking device is not to be woken any more.
    case removePush
    /// Ends a device: of the asking user, or for an operator or a service of anyone.
    case unlink(DeviceAddress)
    /// Operators and services only: ends all devices, memberships and own logs of a user. What it sent to others stays.
    case deleteUser(UserName)
    /// Operators and services only: tokens that were issued up to now count no more, and their sessions end. Devices and their mail
    /// stay.
    case revoke(TokenOwner)
    /// Operators only: the linked devices of a user with what waits for each.
    case mailbox(of: UserName)
    /// Operators only: how a device would be woken now.
    case wake(of: DeviceAddress)
    /// Operators only: counts of the whole store.
    case overview
    /// Operators only: how the store's clock stands to the machine's.
    case clock
    /// Operators only: the wall clock is right, and the store follows it from here on.
    case confirmClock
    /// Operators only: answered with ``Reply/done`` when the store has carried out what came before.
    case probe
}

extension Request {
    /// Of how many other users its answer tells whether they exist: whoever goes through names must be slowed down.
    public var lookUps: Int {
        switch self {
        case .devices: 1
        // Without a member it tells whether there is a group of the name.
        case .createGroup(_, let members, _), .addMembers(_, let members): max(members.count, 1)
        default: 0
        }
    }
}

/// The answer to a ``Request``.
public enum Reply: Sendable, Equatable {
    case devices(DeviceList)
    /// After each change of a group: its version now.
    case groupVersion(Int64)
    case group(GroupInfo)
    case groups([GroupSummary])
    /// Who is blocked, in the order of their names.
    case blocks([UserName])
    case status(MessageStatus)
    /// When the session ends unless it is refreshed again, in milliseconds since the epoch.
    case refreshed(expiresAt: Int64)
    /// Done, and nothing to tell.
    case done
    case mailbox([DeviceMailbox])
    case wake(Wake)
    case overview(StoreOverview)
    case clock(ClockReport)
}

public struct DeviceList: Sendable, Equatable {
    public var user: UserName
    public var devices: [DeviceName]
    public var version: Int64

    public init(user: UserName, devices: [DeviceName], version: Int64) {
        self.user = user
        self.devices = devices
        self.version = version
    }
}

/// What has become of a message for one device.
public enum DeliveryState: Sendable, Equatable {
    case pending
    case delivered
    case lost(LossReason)

    public var name: String {
        switch self {
        case .pending: "pending"
        case .delivered: "delivered"
        case .lost(let reason): "lost_\(reason.name)"
        }
    }
}

/// Where a message has got to, by device that it was owed to.
public struct MessageStatus: Sendable, Equatable {
    public var id: MessageID
    /// Milliseconds since the epoch, UTC.
    public var acceptedAt: Int64
    public var cancelled: Bool
    public var devices: [Entry]

    public struct Entry: Sendable, Equatable {
        public var device: DeviceAddress
        public var state: DeliveryState

        public init(device: DeviceAddress, state: DeliveryState) {
            self.device = device
            self.state = state
        }
    }

    public init(id: MessageID, acceptedAt: Int64, cancelled: Bool, devices: [Entry]) {
        self.id = id
        self.acceptedAt = acceptedAt
        self.cancelled = cancelled
        self.devices = devices
    }
}

/// How much is waiting: messages past the cursors, own ones included until a read has passed them.
public struct Pending: Sendable, Equatable {
    public var messages: Int64
    public var bytes: Int64

    public init(messages: Int64, bytes: Int64) {
        self.messages = messages
        self.bytes = bytes
    }
}

/// A device as operators see it.
public struct DeviceMailbox: Sendable, Equatable {
    public var device: DeviceName
    public var pending: Pending
    /// Milliseconds since the epoch, UTC.
    public var lastSeenAt: Int64

    public init(device: DeviceName, pending: Pending, lastSeenAt: Int64) {
        self.device = device
        self.pending = pending
        self.lastSeenAt = lastSeenAt
    }
}

/// Counts of the whole store, for `restante status`.
public struct StoreOverview: Sendable, Equatable {
    public var users: Int64
    public var devices: Int64
    public var groups: Int64
    public var sessions: Int64
    /// Rows in `messages`, waiting or about to be swept.
    public var messages: Int64
    public var databaseBytes: Int64
    public var schemaVersion: Int
    /// Grows when another program holds a read transaction open.
    public var walBytes: Int64
    /// Why the store does not follow the wall clock; nil: it does.
    public var clockHeld: String?

    public init(
        users: Int64, devices: Int64, groups: Int64, sessions: Int64, messages: Int64, databaseBytes: Int64,
        schemaVersion: Int, walBytes: Int64 = 0, clockHeld: String? = nil
    ) {
        self.users = users
        self.devices = devices
        self.groups = groups
        self.sessions = sessions
        self.messages = messages
        self.databaseBytes = databaseBytes
        self.schemaVersion = schemaVersion
        self.walBytes = walBytes
        self.clockHeld = clockHeld
    }
}
