import FoundationEssentials
import JWTKit

/// The keys that tokens are verified with, each bound to one algorithm.
///
/// A token names its key by `kid`; a token without one means the one key without. There is no falling back to another
/// key, and a key never takes the token's word for the algorithm.
public struct KeySet: Sendable {
    /// The algorithms that are served (`alg`, RFC 7518 §3.1 and RFC 8037).
    public enum Algorithm: String, CaseIterable, Sendable {
        case hs256 = "HS256"
        case es256 = "ES256"
        case eddsa = "EdDSA"
        case rs256 = "RS256"
    }

    /// A key and the one algorithm that it verifies.
    struct Key: Sendable {
        var algorithm: Algorithm
        var verifier: any JWTAlgorithm
        var fingerprint: Fingerprint
    }

    /// Tells a key from every other, also from one that has the same kid.
    struct Fingerprint: Hashable, Sendable {
        var bits: UInt64
    }

    /// Fewest bytes of an HMAC key (RFC 7518 §3.2: no shorter than the digest).
    static let hmacKeyBytes = 32
    /// Bytes of an RSA modulus: at least 2,048 bits (RFC 7518 §3.3), and no more than can be verified in a millisecond.
    static let rsaModulusBytes = 256...1024
    /// Most keys of a set.
    static let maximumKeys = 128

    private var keys: [String?: Key] = [:]
    /// What the operator should know about the file, although it is served.
    public internal(set) var warnings: [String] = []

    init() {}

    /// How many keys there are.
    public var count: Int { keys.count }

    /// The key that may verify a token with this header, if it is known and of the algorithm that the token names.
    func key(for header: TokenParts.Header) -> Key? {
        guard let key = keys[header.kid], key.algorithm.rawValue == header.alg else { return nil }
        return key
    }

    func contains(_ fingerprint: Fingerprint) -> Bool {
        keys.values.contains { $0.fingerprint == fingerprint }
    }

    /// The key that mints tokens: an HMAC key, since the others are the public halves of someone else's.
    var mintingKey: (kid: String?, key: Key)? {
        keys.filter { $0.value.algorithm == .hs256 }
            .min { ($0.key ?? "") < ($1.key ?? "") }
            .map { ($0.key, $0.value) }
    }

    mutating func add(_ key: Key, kid: String?) throws(GatewayError) {
        guard keys.updateValue(key, forKey: kid) == nil else {
            let which = kid.map { "the kid '\($0)'" } ?? "no kid"
            throw GatewayError(.badKeys, "two keys have \(which): give each key a kid of its own")
        }
    }
}
