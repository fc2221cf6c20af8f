import RestanteCore
import RestanteWire

/// A session goes on with a newer token of its device.
extension SessionStateMachine {
    /// A token that is not good, or another device's, is refused here, and the session goes on with the one it has; whether
    /// it was revoked is for the store to say, in commit order.
    mutating func refresh(_ claims: TokenClaims?, _ id: UInt64, _ actions: inout [SessionAction]) {
        guard let claims else {
            return fail(
                id, .invalidToken, "the token is not valid; the connection goes on with the one it has", &actions)
        }
        guard claims.bearer == .device(address) else {
            return fail(id, .notAllowed, "a connection is refreshed with a token of its own user and device", &actions)
        }
        ask(.refresh(issuedAt: claims.issuedAt, expiresAt: claims.expiresAt * 1000), id, &actions)
    }

    /// A token that expires earlier than the one there is shortens nothing.
    mutating func refreshed(
        _ result: Result<Reply, Refusal>, _ actions: inout [SessionAction]
    ) -> Result<Reply, Refusal> {
        guard case .success(.refreshed(let until)) = result else { return result }
        expiresAt = max(expiresAt, until)
        actions.append(.expire(at: expiresAt))
        return .success(.refreshed(expiresAt: expiresAt))
    }

    private func fail(_ id: UInt64, _ code: ErrorCode, _ reason: String, _ actions: inout [SessionAction]) {
        actions.append(.write(.answered(.failure(Refusal(code, reason)), id: id)))
    }
}
