import JWTKit

/// The token that shows APNs which team asks
/// (https://developer.apple.com/documentation/usernotifications/establishing-a-token-based-connection-to-apns).
enum APNsToken {
    /// Seconds after which another is made. APNs refuses tokens older than an hour, and more than one in 20 minutes.
    static let lifetime: Int64 = 40 * 60
    static let minimumAge: Int64 = 20 * 60

    private struct Claims: JWTPayload {
        var iss: String
        var iat: Int64

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    static func cache(_ team: APNsConfiguration.Team, clock: any PushClock) throws(PushError) -> CredentialCache {
        let signer = try team.key.signer
        let kid = JWKIdentifier(string: team.keyID)
        return CredentialCache(clock: clock, minimumAge: minimumAge) { now in
            let keys = await JWTKeyCollection().add(ecdsa: signer, kid: kid)
            guard let token = try? await keys.sign(Claims(iss: team.id, iat: now), kid: kid) else {
                return .failure(.refused(reason: "the APNs key cannot sign"))
            }
            return .success(Credential(value: token, madeAt: now, renewAt: now + lifetime))
        }
    }
}
