/// What one device, user, service or address may do; nil: as much as it likes.
public struct Allowance: Sendable {
    /// Connections open at a time.
    public var connections: Int?
    /// Of these, such that have not said who they are.
    public var strangers: Int?
    /// Attempts to open a WebSocket.
    public var handshakes: Rate?
    /// Messages sent, over WebSocket or HTTP, ephemeral ones included.
    public var messages: Rate?
    /// Bytes of the frames or bodies that bring them.
    public var bytes: Rate?
    /// Requests over a WebSocket; for an address, HTTP requests.
    public var requests: Rate?
    /// Users that requests ask about, each name; the requests count as requests, too. And as many sends besides that are
    /// refused for what devices there are, which tells the same.
    public var lookUps: Rate?

    public init() {}

    subscript(_ charge: Charge) -> Rate? {
        switch charge {
        case .handshakes: handshakes
        case .messages: messages
        case .bytes: bytes
        case .requests: requests
        case .lookUps, .misses: lookUps
        }
    }
}

/// What is counted against a ``Rate``.
enum Charge: Int, CaseIterable, Sendable {
    case handshakes
    case messages
    case bytes
    case requests
    case lookUps
    /// Sends that were refused for what devices there are. Apart from the look-ups: an address book that was looked up, or a
    /// large group that was made, keeps nobody from sending.
    case misses

    /// As refusals name it.
    var name: String {
        switch self {
        case .handshakes: "connections"
        case .messages: "messages"
        case .bytes: "bytes"
        case .requests: "requests"
        case .lookUps: "look-ups"
        case .misses: "sends to devices that are not there"
        }
    }
}
