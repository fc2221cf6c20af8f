import Crypto
import CryptoExtras
import FoundationEssentials
import RestanteCore
import Testing

@testable import RestanteGateway

/// A key pair of one kind, made here, as the backend of an app would have it.
struct SigningKey: Sendable, CustomTestStringConvertible {
    /// The one algorithm that the key is for, which is its kid, too.
    var algorithm: String
    /// The public parameters of the JWK (for HMAC: the secret).
    var parameters: [String: String]
    var sign: @Sendable (Data) throws -> Data
    var testDescription: String { algorithm }

    /// The JWK with what `changes` says instead; a member whose value is nil is left out.
    func jwk(_ changes: [String: String?] = [:]) -> String {
        var members: [String: String?] = parameters
        members["kid"] = algorithm
        members["alg"] = algorithm
        for (name, value) in changes { members[name] = value }
        let fields = members.compactMap { name, value in value.map { "\"\(name)\": \"\($0)\"" } }
        return "{" + fields.sorted().joined(separator: ", ") + "}"
    }

    func token(alg: String? = nil, kid: String? = nil, _ claims: String) throws -> String {
        try TestKeys.token(
            header: #"{"alg": "\#(alg ?? algorithm)", "kid": "\#(kid ?? algorithm)"}"#, claims: claims, sign: sign)
    }

    static let all = [hmac(), p256(), ed25519(), rsa()]
    static subscript(algorithm: String) -> SigningKey {
        all.first { $0.algorithm == algorithm } ?? all[0]
    }

    static func hmac(bytes: Int = 32) -> SigningKey {
        let key = SymmetricKey(size: .init(bitCount: bytes * 8))
        let text = key.withUnsafeBytes { Base64URL.encode(Data($0)) }
        return SigningKey(algorithm: "HS256", parameters: ["kty": "oct", "k": text]) {
            Data(HMAC<SHA256>.authenticationCode(for: $0, using: key))
        }
    }

    static func p256() -> SigningKey {
        let key = P256.Signing.PrivateKey()
        let point = key.publicKey.rawRepresentation
        let parameters = [
            "kty": "EC", "crv": "P-256", "x": Base64URL.encode(point.prefix(32)),
            "y": Base64URL.encode(point.suffix(32)),
        ]
        return SigningKey(algorithm: "ES256", parameters: parameters) { try key.signature(for: $0).rawRepresentation }
    }

    static func ed25519() -> SigningKey {
        let key = Curve25519.Signing.PrivateKey()
        let parameters = ["kty": "OKP", "crv": "Ed25519", "x": Base64URL.encode(key.publicKey.rawRepresentation)]
        return SigningKey(algorithm: "EdDSA", parameters: parameters) { try key.signature(for: $0) }
    }

    static func rsa() -> SigningKey {
        do {
            let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            let numbers = try key.publicKey.getKeyPrimitives()
            let parameters = [
                "kty": "RSA", "n": Base64URL.encode(numbers.modulus), "e": Base64URL.encode(numbers.publicExponent),
            ]
            return SigningKey(algorithm: "RS256", parameters: parameters) {
                try key.signature(for: $0, padding: .insecurePKCS1v1_5).rawRepresentation
            }
        } catch {
            preconditionFailure("no RSA key can be made: \(error)")
        }
    }
}

extension KeySet {
    /// A set of these JWKs.
    static func of(_ jwks: [String]) async throws -> KeySet {
        try await KeySet(jwks: Data(#"{"keys": [\#(jwks.joined(separator: ", "))]}"#.utf8), name: "test")
    }
}
