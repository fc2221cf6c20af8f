/// Why a connection is closed, as WebSocket close codes (RFC 6455 §7.4; 4000-4999 are the application's own).
public enum WireCloseCode: UInt16, Sendable, CaseIterable {
    case normal = 1000
    case goingAway = 1001
    case protocolError = 1002
    /// The frame type of the other subprotocol.
    case unsupportedData = 1003
    /// Neither protobuf nor JSON of the schema, or text that is not UTF-8.
    case invalidData = 1007
    /// A rule of this server's; not sent today.
    case policyViolation = 1008
    case tooBig = 1009
    case internalError = 1011
    /// A well-formed frame that makes no sense and has no id to answer: an `ack` of a tag that was never sent.
    case badFrame = 4400
    /// No valid token (browsers cannot see a 401), or it has expired: come back with a new one.
    case unauthenticated = 4401
    /// The device was unlinked or may not be registered: do not come back.
    case forbidden = 4403
    /// Nothing was heard for too long.
    case idle = 4408
    /// A newer session of the same device: do not come back.
    case displaced = 4409
}

/// What came over the wire cannot be answered, so the connection is closed with ``closeCode``.
public struct WireError: Error, Sendable, Equatable {
    public let closeCode: WireCloseCode
    /// What is wrong; never what was in it.
    public let message: String

    public init(_ closeCode: WireCloseCode, _ message: String) {
        self.closeCode = closeCode
        self.message = message
    }
}
