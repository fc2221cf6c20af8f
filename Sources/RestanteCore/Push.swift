/// Whose service wakes a device.
public enum PushProvider: Int, Sendable, CaseIterable {
    case apns = 1
    case fcm = 2
    case webPush = 3

    public var name: String {
        switch self {
        case .apns: "apns"
        case .fcm: "fcm"
        case .webPush: "webpush"
        }
    }
}

/// Where a device is woken: what its app was given by its provider.
///
/// A secret of the device: whoever has it can wake it. Its description says the provider alone (P6).
public enum PushTarget: Sendable, Equatable {
    /// `token` in hexadecimal, as the app was given it; `topic`: the app's bundle id.
    case apns(token: String, topic: String, sandbox: Bool)
    /// `app`: which of the operator's service accounts it belongs to, by the id of its Firebase project.
    case fcm(token: String, app: String)
    /// A `PushSubscription` (https://www.w3.org/TR/push-api/): `key` is the P-256 point of 65 bytes, `secret` the 16 bytes of `auth`.
    case webPush(endpoint: String, key: [UInt8], secret: [UInt8])

    public var provider: PushProvider {
        switch self {
        case .apns: .apns
        case .fcm: .fcm
        case .webPush: .webPush
        }
    }
}

extension PushTarget: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { provider.name }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What a device shows before its app has read the mail, by its app's choice: the provider can read it, too.
public struct PushDisplay: Sendable, Equatable {
    /// Most bytes of UTF-8 that a placeholder or a label may have.
    public static let mostBytes = 256

    /// A text that is always the same; nil: nothing but that there is mail.
    public var placeholder: String?
    /// Instead of it the label that the sender's client gave with the message, if it gave one.
    public var showsLabels: Bool

    public init(placeholder: String? = nil, showsLabels: Bool = false) {
        self.placeholder = placeholder
        self.showsLabels = showsLabels
    }

    /// What is shown for mail that came with this label.
    public func text(with label: String?) -> String? { (showsLabels ? label : nil) ?? placeholder }
}

/// One device that is to be told that mail waits for it. It says nothing of what waits but what the apps of both ends want shown.
public struct Wake: Sendable, Equatable {
    public var device: DeviceAddress
    public var target: PushTarget
    /// When the target was registered, in milliseconds since the epoch, UTC: a provider that says that it is gone since before then
    /// speaks of an older one.
    public var registeredAt: Int64
    public var urgency: Urgency
    /// When it is given up, in milliseconds since the epoch, UTC.
    public var deadline: Int64
    /// What is shown: a placeholder or a label of ``PushDisplay``; nil: nothing but that there is mail.
    public var text: String?
    /// All that are woken for mail of one group have the same: they are one job, which takes turns with others.
    public var job: Int64
    /// Up to where in the store it is for: the store's own, and comes back with what became of it.
    public var mark: Int64

    public init(
        device: DeviceAddress, target: PushTarget, registeredAt: Int64, urgency: Urgency, deadline: Int64,
        text: String? = nil, job: Int64 = 0, mark: Int64 = 0
    ) {
        self.device = device
        self.target = target
        self.registeredAt = registeredAt
        self.urgency = urgency
        self.deadline = deadline
        self.text = text
        self.job = job
        self.mark = mark
    }
}

/// Says whom it is for, and not what is shown (P6).
extension Wake: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "a wake-up of \(device) by \(target)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// What became of a ``Wake``.
public enum WakeOutcome: Sendable, Equatable {
    /// The provider has taken it.
    case sent
    /// The target is gone: it is forgotten, if it is still the one that was registered.
    case unregistered
    /// Not to be had by asking again: the operator is told, and the target stays.
    case refused(reason: String)
    /// Its deadline passed before the provider took it.
    case expired
}

/// Wakes devices by way of their providers.
///
/// What becomes of each wake-up goes to whoever made the waker, who hands it to the store.
public protocol DeviceWaker: Sendable {
    /// Called on the store's thread: must not block. One for a device that still waits is replaced.
    func wake(_ wakes: [Wake])
    /// The device has connected: what still waits for it is not sent any more. Must not block.
    func cancel(_ device: DeviceAddress)
    /// The device is not to be woken any more: what still waits for it is not sent. Must not block.
    func forget(_ device: DeviceAddress)
}
