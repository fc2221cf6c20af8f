import FoundationEssentials
import JWTKit

/// The keys that tokens are verified with, each bound to one algorithm.
///
/// A token names its key by `kid`; a token without one means the one key without. There is no falling back to another
/// key, and a key never takes the token's word for the algorithm.
public struct KeySet: Sendable {
    /// The algorithms that are served (`alg`, RFC 7518 §3.1 and RFC 8037).
    enum Algorithm: String, CaseIterable, Sendable {
        case hs256 = "HS256"
        case es256 = "ES256"
        case eddsa = "EdDSA"
        case rs256 = "RS256"
    }

    /// A key and the one algorithm that it verifies.
    struct Key: Sendable {
        var algorithm: Algorithm
        var verifier: any JWTAlgorithm
    }

    /// Fewest bytes of an HMAC key (RFC 7518 §3.2: no shorter than the digest).
    static let hmacKeyBytes = 32

    private var keys: [String?: Key] = [:]

    init() {}

    /// How many keys there are.
    public var count: Int { keys.count }

    /// The key that may verify a token with this header, if it is known and of the algorithm that the token names.
    func key(for header: TokenParts.Header) -> Key? {
        guard let key = keys[header.kid], key.algorithm.rawValue == header.alg else { return nil }
        return key
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
