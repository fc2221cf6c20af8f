import RestanteCore

/// What the client says, in the terms of Core.
enum ClientFrame: Sendable, Equatable {
    case send(Submission)
    case acknowledge(through: UInt64)
    case request(Request, id: UInt64)
    case refresh(token: String, id: UInt64)
}
