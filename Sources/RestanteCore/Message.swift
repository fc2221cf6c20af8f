/// Bytes that the server carries and cannot read (P6).
public typealias Payload = [UInt8]

/// Whom a message is for.
public enum Recipient: Hashable, Sendable {
    /// All devices of a user: one row, however many.
    case user(UserName)
    /// One device.
    case device(DeviceAddress)
    /// All members of a group, with all their devices: one row, however many.
    case group(GroupName)

    /// The user of a one-to-one message.
    public var user: UserName? {
        switch self {
        case .user(let user): user
        case .device(let address): address.user
        case .group: nil
        }
    }
}

/// Whether a recipient that is away should be woken at once.
public enum Urgency: Int, Sendable, CaseIterable {
    case normal = 0
    case urgent = 1
}

/// What is sent: one payload for all, or one for each device of a user.
public enum MessageContent: Sendable, Equatable {
    case payload(Payload)
    /// Double Ratchet clients encrypt for each device. The parts must be exactly the linked devices (the sending
    /// device aside) of the version named, or ``ErrorCode/staleDevices``. One id, one commit, one answer.
    case sealed([SealedPart], devicesVersion: Int64)

    /// Bytes of payload, of all parts together.
    public var byteCount: Int {
        switch self {
        case .payload(let payload): payload.count
        case .sealed(let parts, _): parts.reduce(0) { $0 + $1.payload.count }
        }
    }
}

/// One device's part of a sealed send.
public struct SealedPart: Sendable, Equatable {
    public var device: DeviceName
    public var payload: Payload

    public init(device: DeviceName, payload: Payload) {
        self.device = device
        self.payload = payload
    }
}

/// A message as a client or service hands it in.
public struct Submission: Sendable, Equatable {
    public var id: MessageID
    public var recipient: Recipient
    public var content: MessageContent
    /// Seconds; nil: the longest that the server keeps messages.
    public var timeToLive: Int?
    public var urgency: Urgency
    /// Reaches live sessions only, is not stored, exempt from P1-P5.
    public var ephemeral: Bool
    /// The sender wants to be told when each reader has it.
    public var receipt: Bool
    /// Groups: refuse with ``ErrorCode/staleGroup`` unless this is the group's version.
    public var groupVersion: Int64?
    /// Shown where a device is woken for this message whose app wants to show labels; the server and the device's provider can read
    /// it. Never stored; at most ``PushDisplay/mostBytes``.
    public var label: String?

    public init(
        id: MessageID, to recipient: Recipient, content: MessageContent, timeToLive: Int? = nil,
        urgency: Urgency = .normal, ephemeral: Bool = false, receipt: Bool = false, groupVersion: Int64? = nil,
        label: String? = nil
    ) {
        self.id = id
        self.recipient = recipient
        self.content = content
        self.timeToLive = timeToLive
        self.urgency = urgency
        self.ephemeral = ephemeral
        self.receipt = receipt
        self.groupVersion = groupVersion
        self.label = label
    }
}

/// What kind of message a log holds.
public enum MessageKind: Int, Sendable, CaseIterable {
    /// What a user or service sent: the payload is opaque.
    case message = 0
    /// A change of a group; the payload is a ``MembershipChange`` as JSON.
    case membership = 1
    /// A device was linked or unlinked; the payload is a ``DevicesChange`` as JSON.
    case devices = 2
}

/// Where a message was sent to, as its reader sees it.
public enum Conversation: Hashable, Sendable {
    /// To the whole user that reads it, or (for the sender's other devices) to this user.
    case user(UserName)
    case device(DeviceAddress)
    case group(GroupName)
}

/// Who sent a message.
public enum Sender: Hashable, Sendable {
    case device(DeviceAddress)
    case service(ServiceName)
}

/// A stored message on its way to a reader. Its position stays in the store; the session knows it by its tag.
public struct Message: Sendable, Equatable {
    public var id: MessageID
    public var from: Sender
    public var conversation: Conversation
    /// Milliseconds since the epoch, UTC, by the store's clock.
    public var acceptedAt: Int64
    public var kind: MessageKind
    public var urgency: Urgency
    public var payload: Payload

    public init(
        id: MessageID, from: Sender, conversation: Conversation, acceptedAt: Int64, kind: MessageKind,
        urgency: Urgency, payload: Payload
    ) {
        self.id = id
        self.from = from
        self.conversation = conversation
        self.acceptedAt = acceptedAt
        self.kind = kind
        self.urgency = urgency
        self.payload = payload
    }
}

/// Why a message that was owed did not arrive.
public enum LossReason: Int, Sendable, CaseIterable {
    case expired = 1
    case quota = 2
    case removed = 3
    case unlinked = 4
    case damaged = 5
    case deleted = 6

    /// The stable name, as clients and operators read it.
    public var name: String {
        switch self {
        case .expired: "expired"
        case .quota: "quota"
        case .removed: "removed"
        case .unlinked: "unlinked"
        case .damaged: "damaged"
        case .deleted: "deleted"
        }
    }
}

/// What a device is owed, in the order of its tags: all of it is forgotten only when acknowledged.
public enum Owed: Sendable, Equatable {
    case message(Message)
    /// `count` messages of a conversation, in this place of the order, will not come.
    case gap(Conversation, count: Int64, reason: LossReason)
    /// `reader` has these messages, which this device sent.
    case receipt(Conversation, reader: UserName, [MessageID])
    /// These messages, which this device sent, will reach nobody any more.
    case undelivered([MessageID], reason: LossReason)
}

/// Something owed, with the tag that acknowledges it.
public struct Delivery: Sendable, Equatable {
    /// 1, 2, 3 … within the session; an acknowledgement is cumulative.
    public var tag: UInt64
    public var owed: Owed

    public init(tag: UInt64, owed: Owed) {
        self.tag = tag
        self.owed = owed
    }
}
