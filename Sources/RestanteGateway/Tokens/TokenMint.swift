import FoundationEssentials
import JWTKit
public import RestanteCore

/// Makes tokens with the embedded key, for trying things out and for `restante token`.
///
/// In production the app's own backend makes them, with its own keys.
public struct TokenMint: Sendable {
    private let kid: String?
    private let key: KeySet.Key
    private let now: @Sendable () -> Int64

    /// - Throws: ``GatewayError`` if the set holds no HMAC key: with public keys nothing can be signed.
    public init(keys: KeySet, now: @escaping @Sendable () -> Int64 = WallClock.seconds) throws(GatewayError) {
        guard let minting = keys.mintingKey else {
            throw GatewayError(.badKeys, "the key set holds no HMAC key to mint with: tokens must come from its issuer")
        }
        kid = minting.kid
        key = minting.key
        self.now = now
    }

    /// A token for a device, good from now on for `lifetime` seconds.
    public func mint(_ address: DeviceAddress, lifetime: Int64) throws(GatewayError) -> String {
        try sign(Claims(sub: address.user.rawValue, device: address.device.rawValue, scope: nil), lifetime)
    }

    /// A token for the app's backend, good from now on for `lifetime` seconds.
    public func mint(
        _ service: ServiceName, scopes: TokenScopes = .send, lifetime: Int64
    ) throws(GatewayError) -> String {
        try sign(Claims(sub: service.rawValue, device: nil, scope: scopes.text), lifetime)
    }

    private func sign(_ claims: Claims, _ lifetime: Int64) throws(GatewayError) -> String {
        var claims = claims
        claims.iat = now()
        claims.exp = claims.iat + lifetime
        do {
            let header = Header(alg: key.algorithm.rawValue, kid: kid, typ: "JWT")
            let signed =
                try Base64URL.encode(JSONEncoder().encode(header)) + "."
                + Base64URL.encode(JSONEncoder().encode(claims))
            return try signed + "." + Base64URL.encode(Data(key.verifier.sign(Array(signed.utf8))))
        } catch {
            throw GatewayError(.badKeys, "the key cannot sign: make a new key file")
        }
    }

    private struct Header: Encodable {
        var alg: String
        var kid: String?
        var typ: String
    }

    private struct Claims: Encodable {
        var sub: String
        var device: String?
        var scope: String?
        var iat: Int64 = 0
        var exp: Int64 = 0
    }
}
