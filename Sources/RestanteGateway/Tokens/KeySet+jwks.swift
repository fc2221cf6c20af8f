import Crypto
package import FoundationEssentials
import JWTKit
import RestanteCore

extension KeySet {
    /// Reads a JWK set (RFC 7517 §5) from a file: `oct`, `EC` P-256, `OKP` Ed25519 and `RSA` keys.
    ///
    /// A key without `alg` is bound to the one that its type allows. Keys that are not for signatures (`use`, `key_ops`)
    /// are passed over; any other key that cannot be served is an error, so that a typing error does not go unnoticed.
    ///
    /// - Parameter algorithms: those that keys may be for; a key of another is an error, too.
    public static func load(
        file path: String, algorithms: Set<Algorithm> = Set(Algorithm.allCases)
    ) async throws(GatewayError) -> KeySet {
        let file: SmallFile
        do {
            file = try SmallFile.read(path)
        } catch {
            throw GatewayError(.badKeys, "cannot read the key set \(path): \(error)")
        }
        var keys = try await KeySet(jwks: Data(file.bytes), name: path, algorithms: algorithms)
        if file.isReadableByAll, keys.mintingKey != nil {
            keys.warnings.append(
                "every user of this machine may read the secrets in the key set \(path), and make tokens with them: run "
                    + "`chmod 600` on it")
        }
        return keys
    }

    package init(
        jwks data: Data, name: String, algorithms: Set<Algorithm> = Set(Algorithm.allCases)
    ) async throws(GatewayError) {
        guard let set = try? JSONDecoder().decode(KeyList.self, from: data) else {
            throw GatewayError(.badKeys, "\(name) is no JWK set: expected {\"keys\": [{\"kty\": …}, …]}")
        }
        guard set.keys.count <= Self.maximumKeys else {
            throw GatewayError(.badKeys, "\(name) holds more than \(Self.maximumKeys) keys: leave out the old ones")
        }
        self.init()
        for (index, entry) in set.keys.enumerated() where entry.isForSignatures {
            let place = "\(name): key \(index + 1)" + (entry.kid.map { " ('\($0)')" } ?? "")
            let key = try await Self.key(entry, place: place)
            guard algorithms.contains(key.algorithm) else {
                let allowed = algorithms.map(\.rawValue).sorted().joined(separator: ", ")
                throw GatewayError(
                    .badKeys, "\(place) is for \(key.algorithm.rawValue), and tokenAlgorithms allows \(allowed) only")
            }
            try add(key, kid: entry.kid)
        }
        guard count > 0 else { throw GatewayError(.badKeys, "\(name) holds no key: no token could ever be verified") }
    }

    private static func key(_ entry: KeyEntry, place: String) async throws(GatewayError) -> Key {
        guard let algorithm = entry.algorithm else {
            throw GatewayError(
                .badKeys,
                "\(place) is of no kind that is served: HS256 (oct), ES256 (EC P-256), EdDSA (OKP Ed25519), RS256")
        }
        guard entry.alg == nil || entry.alg == algorithm.rawValue else {
            throw GatewayError(.badKeys, "\(place): alg does not fit the key, which can only be \(algorithm.rawValue)")
        }
        let verifier =
            algorithm == .hs256 ? try await hmac(entry, place: place) : try await other(entry, algorithm, place)
        return Key(algorithm: algorithm, verifier: verifier, fingerprint: entry.fingerprint)
    }

    private static func hmac(_ entry: KeyEntry, place: String) async throws(GatewayError) -> any JWTAlgorithm {
        guard let secret = entry.k.flatMap({ Base64URL.decode($0.utf8) }), secret.count >= hmacKeyBytes else {
            throw GatewayError(.badKeys, "\(place): k must be at least \(hmacKeyBytes) bytes, as base64url")
        }
        return try await verifier(place) { collection in
            await collection.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        }
    }

    private static func other(
        _ entry: KeyEntry, _ algorithm: Algorithm, _ place: String
    ) async throws(GatewayError) -> any JWTAlgorithm {
        guard entry.d == nil else {
            throw GatewayError(
                .badKeys,
                "\(place) has its private half (d), with which tokens can be made: leave only the public half here")
        }
        if algorithm == .rs256, let modulus = entry.n.flatMap({ Base64URL.decode($0.utf8) }),
            !rsaModulusBytes.contains(modulus.drop { $0 == 0 }.count)
        {
            throw GatewayError(.badKeys, "\(place): an RSA key must have from 2048 to 8192 bits")
        }
        let kid = JWKIdentifier(string: "key")
        let jwk: JWK =
            switch algorithm {
            case .es256: .ecdsa(.es256, identifier: kid, x: entry.x, y: entry.y, curve: .p256)
            case .eddsa: .octetKeyPair(.eddsa, identifier: kid, x: entry.x, y: nil, curve: .ed25519)
            case .rs256: .rsa(.rs256, identifier: kid, modulus: entry.n, exponent: entry.e)
            case .hs256: preconditionFailure("HMAC keys are added on their own: jwt-kit has no oct keys")
            }
        return try await verifier(place) { collection in _ = try await collection.add(jwk: jwk) }
    }

    /// What jwt-kit makes of one key. The collection lives for this call only: with a single key in it there is
    /// nothing that it could fall back to.
    private static func verifier(
        _ place: String, add: (JWTKeyCollection) async throws -> Void
    ) async throws(GatewayError) -> any JWTAlgorithm {
        do {
            let collection = JWTKeyCollection()
            try await add(collection)
            return try await collection.getKey()
        } catch {
            throw GatewayError(.badKeys, "\(place): its numbers make no key of its kind")
        }
    }
}

/// A JWK set as it stands in a file.
private struct KeyList: Decodable {
    var keys: [KeyEntry]
}

/// The parameters of a JWK that a verifier needs (RFC 7518 §6, RFC 8037 §2), and `d`, which it must not be given.
private struct KeyEntry: Decodable {
    var kty: String
    var alg: String?
    var kid: String?
    var use: String?
    var keyOperations: [String]?
    var crv: String?
    var k: String?
    var x: String?
    var y: String?
    var n: String?
    var e: String?
    var d: String?

    private enum CodingKeys: String, CodingKey {
        case kty, alg, kid, use, crv, k, x, y, n, e, d
        case keyOperations = "key_ops"
    }

    /// RFC 7517 §4.2 and §4.3.
    var isForSignatures: Bool { use != "enc" && keyOperations?.contains("verify") != false }

    /// Over all that decides which tokens the key verifies.
    var fingerprint: KeySet.Fingerprint {
        var hash = SHA256()
        for part in [kty, alg, kid, crv, k, x, y, n, e] {
            hash.update(data: Data((part ?? "").utf8) + [part == nil ? 0 : 1, 0xFF])
        }
        return KeySet.Fingerprint(bits: hash.finalize().prefix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// The one algorithm that a key of this type is served with.
    var algorithm: KeySet.Algorithm? {
        switch (kty, crv) {
        case ("oct", _): .hs256
        case ("EC", "P-256"): .es256
        case ("OKP", "Ed25519"): .eddsa
        case ("RSA", _): .rs256
        default: nil
        }
    }
}
