/// What the end of a connection means for the next one.
enum Verdict: Equatable {
    case reconnect
    /// Only with another token.
    case renewToken
    case giveUp(ClientError)
}

extension Disconnection {
    var verdict: Verdict {
        switch self {
        case .unreachable: .reconnect
        case .refused(let status): Self.verdict(status: status)
        case .closed(let code): code.map(Self.verdict(closeCode:)) ?? .reconnect
        }
    }

    private static func verdict(status: Int) -> Verdict {
        switch status {
        case 401: .renewToken
        case 403: .giveUp(forbidden)
        case 408, 429, 500...: .reconnect
        default:
            .giveUp(
                ClientError(
                    .protocolViolation,
                    "the server answered with HTTP status \(status) instead of opening a WebSocket; is the URL right?"))
        }
    }

    private static func verdict(closeCode: UInt16) -> Verdict {
        switch closeCode {
        case 4401: .renewToken
        case 4403: .giveUp(forbidden)
        case 4409:
            .giveUp(ClientError(.displaced, "a newer connection of the same device took over; only one can read"))
        // The same again would end the same way.
        case 4400, 1002, 1003, 1007, 1009:
            .giveUp(
                ClientError(
                    .protocolViolation,
                    "the server closed the connection with code \(closeCode): it did not understand this client"))
        default: .reconnect
        }
    }

    private static let forbidden = ClientError(
        .forbidden, "the server does not let this device in: it was unlinked, or its user has too many devices")
}
