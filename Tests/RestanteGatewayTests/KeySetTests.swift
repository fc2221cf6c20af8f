import FoundationEssentials
import Testing

@testable import RestanteGateway

/// JWK sets: what is served, and what stops the start with a sentence that says which key is wrong.
struct KeySetTests {
    @Test(arguments: SigningKey.all) func keyWithoutAlgIsBoundToItsType(key: SigningKey) async throws {
        let keys = try await KeySet.of([key.jwk(["alg": nil])])
        let verifier = TokenVerifier(keys: keys, now: { TokenTests.now })
        #expect(throws: Never.self) { try verifier.verify(try key.token(TokenTests.claims)) }
        for other in ["HS256", "ES256", "EdDSA", "RS256", "HS384"] where other != key.algorithm {
            #expect(throws: TokenRefused.self) { try verifier.verify(try key.token(alg: other, TokenTests.claims)) }
        }
    }

    @Test func keyWithoutKidServesTokensWithoutKid() async throws {
        let key = SigningKey.hmac()
        let keys = try await KeySet.of([key.jwk(["kid": nil]), SigningKey["ES256"].jwk()])
        let verifier = TokenVerifier(keys: keys, now: { TokenTests.now })
        let token = try TestKeys.token(header: #"{"alg": "HS256"}"#, claims: TokenTests.claims, sign: key.sign)
        #expect(throws: Never.self) { try verifier.verify(token) }
        #expect(throws: TokenRefused.self) { try verifier.verify(try key.token(TokenTests.claims)) }
    }

    @Test func keysForEncryptionArePassedOver() async throws {
        let other = #"{"kty": "EC", "crv": "P-521", "use": "enc"}"#
        #expect(try await KeySet.of([other, SigningKey["RS256"].jwk(["use": "sig"])]).count == 1)
    }

    static let hmac = SigningKey.hmac()

    /// Keys that cannot be served, with a word of what is said about them.
    static let wrong: [(keys: [String], word: String)] = [
        ([], "holds no key"),
        ([#"{"kty": "EC", "crv": "P-521", "use": "enc"}"#], "holds no key"),
        ([SigningKey.hmac(bytes: 31).jwk()], "at least 32 bytes"),
        ([hmac.jwk(["k": nil])], "at least 32 bytes"),
        ([hmac.jwk(["k": String(repeating: "=", count: 64)])], "at least 32 bytes"),
        ([hmac.jwk(), SigningKey["ES256"].jwk(["kid": "HS256"])], "'HS256'"),
        ([hmac.jwk(["kid": nil]), SigningKey["ES256"].jwk(["kid": nil])], "no kid"),
        ([hmac.jwk(["alg": "HS512"])], "alg does not fit"),
        ([hmac.jwk(["alg": "none"])], "alg does not fit"),
        ([SigningKey["RS256"].jwk(["alg": "PS256"])], "alg does not fit"),
        ([SigningKey["RS256"].jwk(["alg": "HS256"])], "alg does not fit"),
        ([SigningKey["ES256"].jwk(["crv": "P-384"])], "no kind that is served"),
        ([SigningKey["EdDSA"].jwk(["crv": "X25519"])], "no kind that is served"),
        ([hmac.jwk(["kty": "magic"])], "no kind that is served"),
        ([SigningKey["ES256"].jwk(["x": nil])], "no key of its kind"),
        ([SigningKey["ES256"].jwk(["x": "AAAA"])], "no key of its kind"),
        ([SigningKey["EdDSA"].jwk(["x": "AAAA"])], "no key of its kind"),
        ([SigningKey["RS256"].jwk(["n": nil])], "no key of its kind"),
        ([SigningKey["RS256"].jwk(["n": String(repeating: "A", count: 171)])], "no key of its kind"),
    ]

    @Test(arguments: wrong) func refuses(keys: [String], word: String) async throws {
        let error = await #expect(throws: GatewayError.self) { _ = try await KeySet.of(keys) }
        #expect(error?.code == .badKeys)
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(Self.hmac.parameters["k"] ?? "") == false)
    }

    @Test(arguments: ["", "[]", "{}", #"{"keys": {}}"#, #"{"keys": [{"kid": "a"}]}"#]) func noSet(text: String) async {
        let error = await #expect(throws: GatewayError.self) {
            _ = try await KeySet(jwks: Data(text.utf8), name: "test")
        }
        #expect(error?.message.contains("no JWK set") == true)
    }

    @Test func mintNeedsASecret() async throws {
        let keys = try await KeySet.of([SigningKey["RS256"].jwk(), SigningKey["ES256"].jwk()])
        #expect(throws: GatewayError.self) { _ = try TokenMint(keys: keys) }
    }
}
