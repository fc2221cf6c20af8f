public import RestanteCore

/// Names one delivery of one connection, for acknowledging it.
///
/// Tags start again at 1 with each connection, so a token carries both: an acknowledgement that comes after its
/// connection ended is dropped here and can never count for another message on a later one.
public struct DeliveryToken: Hashable, Sendable {
    /// Which connection of this client, from 1.
    public let connection: UInt64
    public let tag: UInt64
}

/// What the server says first on each connection.
public struct Welcome: Sendable, Equatable {
    public var session: String
    public var address: DeviceAddress
    /// Another one than last time: see ``ClientEvent/epochChanged(from:to:)``. The client resends what has no answer, as
    /// always.
    public var epoch: String
    public var pending: Pending
    /// Bytes of payload in one message.
    public var messageBytes: Int
    /// Seconds for which a resend is recognised.
    public var dedupeHorizon: Int
    /// Milliseconds since the epoch, UTC.
    public var serverTime: Int64
    /// When the server ends the connection unless it is refreshed before (``RestanteClient/refresh(token:)``), in
    /// milliseconds since the epoch; nil: the server does not say.
    public var expiresAt: Int64?

    public init(
        session: String, address: DeviceAddress, epoch: String, pending: Pending, messageBytes: Int,
        dedupeHorizon: Int, serverTime: Int64, expiresAt: Int64? = nil
    ) {
        self.session = session
        self.address = address
        self.epoch = epoch
        self.pending = pending
        self.messageBytes = messageBytes
        self.dedupeHorizon = dedupeHorizon
        self.serverTime = serverTime
        self.expiresAt = expiresAt
    }
}

/// What happens on a client's connections, in order.
public enum ClientEvent: Sendable, Equatable {
    case welcome(Welcome)
    /// Follows a ``welcome(_:)`` whose epoch is not the one of the last: the database was restored from a backup, or made
    /// anew. What the app has may come again (it recognises it by sender and message id), what was accepted since the
    /// backup may be gone (sending it again under its id is harmless), and versions of devices and groups are to be asked
    /// for again.
    case epochChanged(from: String, to: String)
    /// Owed durably: it comes again on each connection until it is acknowledged with its token.
    case delivery(Owed, DeliveryToken)
    /// Ephemeral: stored nowhere, nothing to acknowledge.
    case relayed(Message)
    /// Everything up to this token is acknowledged durably and does not come again (P3).
    case acknowledged(through: DeliveryToken)
    /// All that was owed when this connection was made has been acknowledged; once a connection.
    case drained
    /// The server is about to close, and says why in a stable word.
    case closing(reason: String)
    /// The connection ended or could not be made. `retryAfter`, in milliseconds: when the next one is tried; nil: never.
    case disconnected(Disconnection, retryAfter: Int64?)
}

/// How a connection ended.
public enum Disconnection: Sendable, Equatable, CustomStringConvertible {
    /// No connection came about: refused, unknown host, TLS, time-out. In words for people.
    case unreachable(String)
    /// The server answered the upgrade with this HTTP status instead of 101.
    case refused(status: Int)
    /// A WebSocket close frame with this code (RFC 6455 §7.4); nil: without one.
    case closed(code: UInt16?)

    public var description: String {
        switch self {
        case .unreachable(let why): why
        case .refused(let status): "refused with HTTP status \(status)"
        case .closed(let code?): "closed with code \(code)"
        case .closed(nil): "the connection broke"
        }
    }
}
