import FoundationEssentials
import TestKit
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
        ([SigningKey["RS256"].jwk(["n": String(repeating: "_", count: 340)])], "2048 to 8192 bits"),
        ([SigningKey["RS256"].jwk(["n": String(repeating: "_", count: 1368)])], "2048 to 8192 bits"),
        ([SigningKey["RS256"].jwk(["d": "AAAA"])], "private half"),
        ([SigningKey["ES256"].jwk(["d": "AAAA"])], "private half"),
        ([SigningKey["EdDSA"].jwk(["d": "AAAA"])], "private half"),
        ((0...KeySet.maximumKeys).map { hmac.jwk(["kid": "\($0)"]) }, "more than 128 keys"),
        ([#"{"kty": "oct", "k": "AAAA", "key_ops": ["encrypt"]}"#], "holds no key"),
        ([SigningKey["RS256"].jwk(["n": String(repeating: "A", count: 171)])], "2048 to 8192 bits"),
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

    @Test func keysOfOtherAlgorithmsAreRefused() async throws {
        let both = Data(#"{"keys": [\#(SigningKey["ES256"].jwk()), \#(Self.hmac.jwk())]}"#.utf8)
        let keys = try await KeySet(jwks: both, name: "test", algorithms: [.hs256, .es256])
        #expect(keys.count == 2)
        let error = await #expect(throws: GatewayError.self) {
            _ = try await KeySet(jwks: both, name: "test", algorithms: [.es256, .eddsa])
        }
        #expect(error?.message.contains("ES256, EdDSA only") == true, "\(error?.message ?? "")")
        #expect(error?.message.contains("tokenAlgorithms") == true)
    }

    @Test func filesAreBounded() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory + "/keys.json"
            try TestTLSFiles.write(String(repeating: " ", count: SmallFile.maximumBytes + 1), to: path)
            let large = await #expect(throws: GatewayError.self) { _ = try await KeySet.load(file: path) }
            #expect(large?.message.contains("larger than") == true)
            let missing = await #expect(throws: GatewayError.self) { _ = try await KeySet.load(file: path + "x") }
            #expect(missing?.message.contains("no such file") == true)
        }
    }

    @Test func secretsThatAllMayReadAreAWarning() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory + "/keys.json"
            for (key, mode, isWarned) in [(Self.hmac, 0o644, true), (Self.hmac, 0o640, false), (.p256(), 0o644, false)]
            {
                try TestTLSFiles.write(#"{"keys": [\#(key.jwk())]}"#, to: path, mode: mode)
                let keys = try await KeySet.load(file: path)
                #expect(keys.warnings.isEmpty != isWarned)
            }
        }
    }

    @Test func mintNeedsASecret() async throws {
        let keys = try await KeySet.of([SigningKey["RS256"].jwk(), SigningKey["ES256"].jwk()])
        #expect(throws: GatewayError.self) { _ = try TokenMint(keys: keys) }
    }
}
