import FoundationEssentials
import JWTKit
import NIOConcurrencyHelpers
import RestanteCore

/// Decides whether a token is good: signature, algorithm, key, times, and the claims that Restante needs.
///
/// Runs where it is called, without waiting: a few microseconds for HS256, some hundred for RS256 and ES256. Copies
/// share their keys, which ``use(_:)`` replaces for all of them.
public struct TokenVerifier: Sendable {
    private let keys: NIOLockedValueBox<KeySet>
    private let clockSkew: Int64
    private let audience: String?
    private let issuer: String?
    /// Seconds since the epoch, UTC.
    let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - audience: must be (one of) `aud` if given; nil: `aud` is not looked at.
    ///   - issuer: must be `iss` if given; nil: `iss` is not looked at.
    ///   - clockSkew: seconds by which the clock of whoever issues tokens may be ahead of ours, for `iat` and `nbf`. None
    ///     for `exp`: a token is good for as long as it says, and no longer.
    ///   - now: seconds since the epoch, UTC.
    public init(
        keys: KeySet, audience: String? = nil, issuer: String? = nil, clockSkew: Int64 = 60,
        now: @escaping @Sendable () -> Int64 = WallClock.seconds
    ) {
        self.keys = NIOLockedValueBox(keys)
        self.clockSkew = clockSkew
        self.audience = audience
        self.issuer = issuer
        self.now = now
    }

    /// What the token says, if all of it is good at this moment.
    public func verify(_ token: some StringProtocol) throws(TokenRefused) -> TokenClaims {
        try verifyWithKey(token).claims
    }

    /// What the token says, and which key vouches for it.
    func verifyWithKey(
        _ token: some StringProtocol
    ) throws(TokenRefused) -> (claims: TokenClaims, key: KeySet.Fingerprint) {
        let parts = try TokenParts(token)
        // Key and algorithm are settled before jwt-kit is asked for anything: it compares neither (read in 5.7.1).
        guard let key = keys.withLockedValue({ $0.key(for: parts.header) }),
            (try? key.verifier.verify(parts.signature, signs: parts.signed)) == true,
            let claims = try? JSONDecoder().decode(ClaimFields.self, from: parts.payload),
            JSONNames.areUnique(parts.payload)
        else { throw TokenRefused() }
        return (try check(claims), key.fingerprint)
    }

    /// Verifies with these keys from now on.
    public func use(_ keys: KeySet) { self.keys.withLockedValue { $0 = keys } }

    /// Whether a key is still among those that are verified with.
    func knows(_ key: KeySet.Fingerprint) -> Bool { keys.withLockedValue { $0.contains(key) } }

    /// Seconds until a token with this `exp` is no longer good; negative when it is not.
    func secondsLeft(until expiry: Int64) -> Int64 { expiry - now() }

    private func check(_ claims: ClaimFields) throws(TokenRefused) -> TokenClaims {
        let now = now()
        guard let issued = claims.iat.seconds, let expires = claims.exp.seconds,
            expires > now, issued <= now + clockSkew,
            claims.nbf == nil || claims.nbf?.seconds.map({ $0 <= now + clockSkew }) == true,
            audience == nil || claims.aud?.names.contains(audience ?? "") == true,
            issuer == nil || claims.iss == issuer,
            let bearer = claims.bearer
        else { throw TokenRefused() }
        return TokenClaims(bearer: bearer, scopes: claims.scopes, issuedAt: issued, expiresAt: expires)
    }
}

/// The claims that are looked at (RFC 7519 §4.1, and `device` and `scope` of our own).
private struct ClaimFields: Decodable {
    var sub: String
    var device: String?
    var scope: String?
    var iat: NumericDate
    var exp: NumericDate
    var nbf: NumericDate?
    var iss: String?
    var aud: Audience?

    var scopes: TokenScopes { TokenScopes(scope ?? "") }

    /// A service's token has a scope of a service and no device, a user's has a device and no such scope.
    var bearer: TokenClaims.Bearer? {
        guard let device else {
            return scopes.isEmpty ? nil : ServiceName(rawValue: sub).map { .service($0) }
        }
        guard scopes.isEmpty, scope?.split(separator: " ").contains("user") ?? true, let user = UserName(rawValue: sub),
            let name = DeviceName(rawValue: device)
        else { return nil }
        return .device(DeviceAddress(user: user, device: name))
    }
}

/// Seconds since the epoch, which may have a fraction (RFC 7519 §2).
private struct NumericDate: Decodable {
    private var value: Double

    init(from decoder: any Decoder) throws {
        value = try decoder.singleValueContainer().decode(Double.self)
    }

    /// Whole seconds, rounded down; nil for what is no moment of the next thousands of years.
    var seconds: Int64? {
        (0...1e12).contains(value) ? Int64(value) : nil
    }
}

/// One name or a list of them (RFC 7519 §4.1.3).
private struct Audience: Decodable {
    var names: [String]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        names = try (try? [container.decode(String.self)]) ?? container.decode([String].self)
    }
}
