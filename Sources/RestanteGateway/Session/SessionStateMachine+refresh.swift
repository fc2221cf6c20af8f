import RestanteCore
import RestanteWire

/// A session goes on with a newer token of its device.
extension SessionStateMachine {
    /// A token that is not good, or another device's, is refused here, and the session goes on with the one it has; whether
    /// it was revoked is for the store to say, in commit order.
    ///
    /// - Parameter key: vouches for it.
    mutating func refresh(
        _ claims: TokenClaims?, _ key: KeySet.Fingerprint?, _ id: UInt64, _ actions: inout [SessionAction]
    ) {
        guard let claims else {
            return fail(
                id, .invalidToken, "the token is not valid; the connection goes on with the one it has", &actions)
        }
        guard claims.bearer == .device(address) else {
            return fail(id, .notAllowed, "a connection is refreshed with a token of its own user and device", &actions)
        }
        ask(.refresh(issuedAt: claims.issuedAt, expiresAt: claims.expiresAt * 1000), id, key: key, &actions)
    }

    /// A token that expires earlier than the one there is shortens nothing: then the session lives by that one still, and by
    /// its key.
    ///
    /// - Parameter key: vouches for the token that was asked with.
    mutating func refreshed(
        _ result: Result<Reply, Refusal>, _ key: KeySet.Fingerprint?, _ actions: inout [SessionAction]
    ) -> Result<Reply, Refusal> {
        guard case .success(.refreshed(let until)) = result else { return result }
        actions.append(.expire(at: max(expiresAt, until), key: until >= expiresAt ? key : nil))
        expiresAt = max(expiresAt, until)
        return .success(.refreshed(expiresAt: expiresAt))
    }

    private func fail(_ id: UInt64, _ code: ErrorCode, _ reason: String, _ actions: inout [SessionAction]) {
        actions.append(.write(.other(.answered(.failure(Refusal(code, reason)), id: id))))
    }
}
