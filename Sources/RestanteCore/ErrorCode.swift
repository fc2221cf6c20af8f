/// The catalogue of what can be wrong with a well-formed request. Numbers and names never change and are never reused.
///
/// `docs/ERRORS.md` has a row for each; a test compares the two.
public enum ErrorCode: Int, CaseIterable, Sendable, Error {
    // What was asked does not make sense: 1-19.
    case badRequest = 1
    case unknownRequest = 2
    case tooLarge = 3
    case badTTL = 4
    case badName = 5
    // Message ids: 20-29.
    case badID = 20
    case idTooOld = 21
    case idConflict = 22
    // Whom it is for: 30-49.
    case notFound = 30
    case noDevices = 31
    case staleDevices = 32
    case staleGroup = 33
    case tooLate = 34
    // What there is too much of: 50-69.
    case groupFull = 50
    case tooManyGroups = 51
    case tooManyDevices = 52
    case mailboxFull = 53
    case storageFull = 54
    case rateLimited = 55
    case tooManyBlocks = 56
    // Who may: 70-79.
    case notAllowed = 70
    case groupExists = 71
    case deviceRevoked = 72
    case invalidToken = 73
    // The server's own state: 90-99.
    case shuttingDown = 90
    case unavailable = 91

    /// The stable name, as clients and operators read it.
    public var name: String {
        switch self {
        case .badRequest: "bad_request"
        case .unknownRequest: "unknown_request"
        case .tooLarge: "too_large"
        case .badTTL: "bad_ttl"
        case .badName: "bad_name"
        case .badID: "bad_id"
        case .idTooOld: "id_too_old"
        case .idConflict: "id_conflict"
        case .notFound: "not_found"
        case .noDevices: "no_devices"
        case .staleDevices: "stale_devices"
        case .staleGroup: "stale_group"
        case .tooLate: "too_late"
        case .groupFull: "group_full"
        case .tooManyGroups: "too_many_groups"
        case .tooManyDevices: "too_many_devices"
        case .mailboxFull: "mailbox_full"
        case .storageFull: "storage_full"
        case .rateLimited: "rate_limited"
        case .tooManyBlocks: "too_many_blocks"
        case .notAllowed: "not_allowed"
        case .groupExists: "group_exists"
        case .deviceRevoked: "device_revoked"
        case .invalidToken: "invalid_token"
        case .shuttingDown: "shutting_down"
        case .unavailable: "unavailable"
        }
    }
}

/// Why a well-formed request was not served: the code, and a sentence that says what to do.
public struct Refusal: Error, Sendable, Equatable {
    public var code: ErrorCode
    public var reason: String
    /// Seconds after which the same request may succeed; nil: it will not by waiting alone.
    public var retryAfter: Int?
    /// For ``ErrorCode/staleDevices`` and ``ErrorCode/staleGroup``: what is so now.
    public var stale: StaleView?

    public init(_ code: ErrorCode, _ reason: String, retryAfter: Int? = nil, stale: StaleView? = nil) {
        self.code = code
        self.reason = reason
        self.retryAfter = retryAfter
        self.stale = stale
    }
}

/// What a sender with an old view of a user's devices or a group's members needs to send again.
public struct StaleView: Sendable, Equatable {
    /// The version that a send must name now.
    public var version: Int64
    /// The members (for a send to one user: that user) and their linked devices.
    public var members: [MemberDevices]
    /// Sealed sends: devices that the send left out.
    public var missing: [DeviceName]
    /// Sealed sends: devices that the send named and that are not linked.
    public var extra: [DeviceName]

    public init(version: Int64, members: [MemberDevices], missing: [DeviceName] = [], extra: [DeviceName] = []) {
        self.version = version
        self.members = members
        self.missing = missing
        self.extra = extra
    }
}

/// A user and the devices that it has linked.
public struct MemberDevices: Sendable, Equatable {
    public var user: UserName
    public var devices: [DeviceName]

    public init(user: UserName, devices: [DeviceName]) {
        self.user = user
        self.devices = devices
    }
}
