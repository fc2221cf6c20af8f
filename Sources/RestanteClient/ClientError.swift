/// Why the client cannot go on, or could not do what was asked. What the server refuses is a `Refusal` instead.
public struct ClientError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// The URL or another part of the configuration makes no sense.
        case badConfiguration
        /// The token is missing, expired or not valid here, and there is no new one.
        case unauthenticated
        /// The device was unlinked, or the user has too many.
        case forbidden
        /// A newer connection of the same device took over.
        case displaced
        /// No connection within the attempts allowed.
        case unreachable
        /// The server does not speak this protocol, or says that this client does not.
        case protocolViolation
        /// The connection ended before the answer: it is unknown whether the request was carried out.
        case connectionLost
        /// The client was stopped.
        case stopped
        /// A message with this id is being sent already.
        case alreadySending
    }

    public var code: Code
    /// What happened and what to do about it. Holds no token and no payload.
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
