import Crypto
import FoundationEssentials
import RestanteCore

@testable import RestanteGateway

/// Keys and tokens for the tests, made here and known to nobody.
enum TestKeys {
    static let secret = Data((0..<32).map { UInt8($0) })

    /// A key set with one HMAC key that has a kid.
    static func hmac(kid: String? = "test") async throws -> KeySet {
        let id = kid.map { #""kid": "\#($0)", "# } ?? ""
        return try await KeySet(
            jwks: Data(#"{"keys": [{\#(id)"kty": "oct", "k": "\#(Base64URL.encode(secret))"}]}"#.utf8), name: "test")
    }

    /// A token with any header and claims, signed as HS256 with the secret or as given.
    static func token(
        header: String = #"{"alg": "HS256", "kid": "test"}"#, claims: String,
        sign: (Data) throws -> Data = {
            Data(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: secret)))
        }
    ) rethrows -> String {
        let signed = Base64URL.encode(Data(header.utf8)) + "." + Base64URL.encode(Data(claims.utf8))
        return try signed + "." + Base64URL.encode(sign(Data(signed.utf8)))
    }

    static let alice = DeviceAddress(user: UserName(unchecked: "alice"), device: DeviceName(unchecked: "phone"))
}
