import RestanteCore

/// The JSON of the operators' answers; times are milliseconds since the epoch, UTC.
struct OverviewBody: Codable {
    var users: Int64
    var devices: Int64
    var groups: Int64
    var sessions: Int64
    var messages: Int64
    var databaseBytes: Int64
    var schemaVersion: Int
    var walBytes: Int64
    /// Why the store does not follow the wall clock.
    var clockHeld: String?

    init(_ overview: StoreOverview) {
        users = overview.users
        devices = overview.devices
        groups = overview.groups
        sessions = overview.sessions
        messages = overview.messages
        databaseBytes = overview.databaseBytes
        schemaVersion = overview.schemaVersion
        walBytes = overview.walBytes
        clockHeld = overview.clockHeld
    }
}

struct ClockBody: Codable {
    var wall: Int64
    var store: Int64
    var held: String?

    init(_ report: ClockReport) {
        wall = report.wall
        store = report.store
        held = report.held
    }
}

struct DeviceBody: Codable {
    var device: String
    /// Waiting: at most, since own messages count until a read has passed them.
    var messages: Int64
    var bytes: Int64
    var lastSeenAt: Int64
    var connected: Bool
    /// The server that holds its socket.
    var node: String?

    init(_ mailbox: DeviceMailbox, _ location: SessionLocation?) {
        device = mailbox.device.rawValue
        messages = mailbox.pending.messages
        bytes = mailbox.pending.bytes
        lastSeenAt = mailbox.lastSeenAt
        connected = location != nil
        node = location?.node
    }
}

struct SessionBody: Codable {
    var device: String
    var node: String
    var generation: Int64
    var connectedAt: Int64

    init(_ location: SessionLocation) {
        device = location.device.rawValue
        node = location.node
        generation = location.generation
        connectedAt = location.connectedAt
    }
}

struct DoneBody: Codable {
    var done = true
}

struct ErrorBody: Codable {
    var code: Int
    var name: String
    var reason: String
    /// What a command ends with, where the code alone does not say.
    var exitCode: Int32?

    init(_ refusal: Refusal) {
        code = refusal.code.rawValue
        name = refusal.code.name
        reason = refusal.reason
    }

    init(_ refusal: OperatorsRefusal) {
        self.init(refusal.refusal)
        exitCode = refusal.status.rawValue
    }
}

/// A refusal with which a command does not end as its code says: asking again is no use, say.
struct OperatorsRefusal: Error {
    let refusal: Refusal
    let status: ExitStatus

    init(_ refusal: Refusal, exitsWith status: ExitStatus) {
        self.refusal = refusal
        self.status = status
    }
}
