import Crypto
import FoundationEssentials
import RestanteCore
import Testing

@testable import RestanteGateway

/// Tokens that someone without the key could make: each is refused, and `TokenTests` shows that the real ones are not.
struct TokenForgeryTests {
    @Test(arguments: SigningKey.all) func otherKeyOfTheSameKind(key: SigningKey) async throws {
        let other: SigningKey =
            switch key.algorithm {
            case "ES256": .p256()
            case "EdDSA": .ed25519()
            case "RS256": .rsa()
            default: .hmac()
            }
        try await refuses(try other.token(TokenTests.claims))
    }

    @Test(arguments: SigningKey.all) func changedBits(key: SigningKey) async throws {
        let token = try key.token(TokenTests.claims)
        let parts = token.split(separator: ".")
        let claims = Base64URL.encode(Data(TokenTests.claims.replacing("alice", with: "mallo").utf8))
        try await refuses("\(parts[0]).\(claims).\(parts[2])")
        var signature = try #require(Base64URL.decode(parts[2].utf8))
        signature[0] ^= 1
        try await refuses("\(parts[0]).\(parts[1]).\(Base64URL.encode(signature))")
        try await refuses("\(parts[0]).\(parts[1]).\(Base64URL.encode(signature.dropLast()))")
        try await refuses("\(parts[0]).\(parts[1]).")
    }

    /// A public key is public: it must never serve as an HMAC secret.
    @Test(arguments: ["ES256", "EdDSA", "RS256"]) func publicKeyAsSecret(algorithm: String) async throws {
        let key = SigningKey[algorithm]
        for parameter in ["x", "n"] {
            guard let text = key.parameters[parameter], let bytes = Base64URL.decode(text.utf8) else { continue }
            for secret in [bytes, Data(text.utf8), Data(key.jwk().utf8)] {
                let token = TestKeys.token(
                    header: #"{"alg": "HS256", "kid": "\#(algorithm)"}"#, claims: TokenTests.claims,
                    sign: { Data(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: secret))) })
                try await refuses(token)
            }
        }
    }

    /// The key is right, and the signature; the header names another algorithm, or the key of another.
    @Test(arguments: SigningKey.all) func wrongAlgorithmForTheKey(key: SigningKey) async throws {
        for other in ["HS256", "ES256", "EdDSA", "RS256", "HS512", "RS512", "none", "None", ""]
        where other != key.algorithm {
            try await refuses(try key.token(alg: other, TokenTests.claims))
            try await refuses(try key.token(kid: other, TokenTests.claims))
        }
    }

    @Test(arguments: ["none", "None", "NONE"]) func noAlgorithm(name: String) async throws {
        for header in [#"{"alg": "\#(name)"}"#, #"{"alg": "\#(name)", "kid": "HS256"}"#] {
            for signature in [Data(), Data([0])] {
                try await refuses(
                    TestKeys.token(header: header, claims: TokenTests.claims, sign: { _ in signature }))
            }
        }
    }

    /// There is no falling back to some key: not for an unknown kid, and not for none when every key has one.
    @Test(arguments: [#"{"alg": "HS256"}"#, #"{"alg": "HS256", "kid": "unknown"}"#, #"{"alg": "HS256", "kid": ""}"#])
    func unknownKey(header: String) async throws {
        let key = SigningKey["HS256"]
        try await refuses(try TestKeys.token(header: header, claims: TokenTests.claims, sign: key.sign))
    }

    @Test(arguments: [
        #"{"kid": "HS256"}"#, #"{"alg": "HS256", "kid": "HS256", "crit": ["exp"], "exp": 1}"#,
        #"{"alg": "HS256", "kid": "HS256", "crit": []}"#, #"{"alg": 1, "kid": "HS256"}"#, "[]", "",
    ])
    func strangeHeaders(header: String) async throws {
        let key = SigningKey["HS256"]
        try await refuses(try TestKeys.token(header: header, claims: TokenTests.claims, sign: key.sign))
    }

    /// Headers that a good key signs, and that name a kind of token, or a way to read it, that is not ours.
    @Test(arguments: [
        // Another kind of JWT of the same issuer (RFC 8725 §3.11 and §3.12).
        #""typ": "logout+jwt""#, #""typ": "dpop+jwt""#, #""typ": "secevent+jwt""#, #""typ": "JWE""#, #""typ": """#,
        #""typ": 1"#,
        // RFC 7797: a payload that is not base64url. It would have to be critical, too.
        #""b64": false"#, #""b64": false, "crit": ["b64"]"#, #""b64": "false""#, #""crit": "b64""#,
        // Twice the same name, also in disguise: which of the two counts?
        #""kid": "HS256""#, #""alg": "HS256""#, #""a\u006cg": "none""#, #""typ": "JWT", "typ": "JWT""#,
    ])
    func headersOfOtherKinds(member: String) async throws {
        let header = #"{"alg": "HS256", "kid": "HS256", \#(member)}"#
        try await refuses(
            try TestKeys.token(header: header, claims: TokenTests.claims, sign: SigningKey["HS256"].sign))
    }

    /// Keys that the token brings along, or says where to fetch, are not looked at (RFC 8725 §3.10).
    @Test(arguments: ["HS256", "ES256", "RS256", "EdDSA"]) func keysInTheHeader(algorithm: String) async throws {
        let mallory: SigningKey =
            switch algorithm {
            case "ES256": .p256()
            case "RS256": .rsa()
            case "EdDSA": .ed25519()
            default: .hmac()
            }
        for member in [
            #""jwk": \#(mallory.jwk())"#, #""jku": "https://evil.example/keys""#, #""x5u": "https://evil.example/x""#,
            #""x5c": ["AAAA"]"#,
        ] {
            for kid in ["\(algorithm)", "", "evil"] {
                let header = #"{"alg": "\#(algorithm)", "kid": "\#(kid)", \#(member)}"#
                try await refuses(
                    try TestKeys.token(header: header, claims: TokenTests.claims, sign: mallory.sign))
            }
        }
    }

    /// A kid is a name to look up and nothing else (RFC 8725 §3.10): no path, no query, no pattern.
    @Test(arguments: [
        "../../../../dev/null", "/dev/null", "HS256' OR '1'='1", "HS256'; DROP TABLE keys; --", "*", "%", "HS256 ",
        "hs256", "HS256\\u0000", "https://evil.example/key", "\\u0048S256",
    ])
    func kidsThatAreMoreThanNames(kid: String) async throws {
        for secret in [Data(), SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }] {
            try await refuses(
                TestKeys.token(
                    header: #"{"alg": "HS256", "kid": "\#(kid)"}"#, claims: TokenTests.claims,
                    sign: { Data(HMAC<SHA256>.authenticationCode(for: $0, using: SymmetricKey(data: secret))) }))
        }
    }

    /// Claims that a good key signs, and that two readers could read in two ways.
    @Test(arguments: [
        #"{"sub": "mallory", "sub": "alice", "device": "phone", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "alice", "s\u0075b": "mallory", "device": "phone", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": 1, "exp": 1000100}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": 1000100, "a": {}, "b": [{}, "x"], "a": 1}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": 1e400}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": 99999999999999999999999999}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": "9e9"}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": true}"#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": [1000100]}"#,
        #"{"sub": {"sub": "alice"}, "device": "phone", "iat": 1, "exp": 1000100}"#,
        #"{"sub": ["alice"], "device": "phone", "iat": 1, "exp": 1000100}"#,
        #"{"sub": "alice\u0000", "device": "phone", "iat": 1, "exp": 1000100}"#,
        #"[{"sub": "alice", "device": "phone", "iat": 1, "exp": 1000100}]"#,
        #""eyJhbGciOiJub25lIn0.e30.""#,
        #"{"sub": "alice", "device": "phone", "iat": 1, "exp": 1000100} {}"#,
        "\u{FEFF}" + TokenTests.claims,
    ])
    func claimsWithTwoMeanings(claims: String) async throws {
        try await refuses(try SigningKey["HS256"].token(claims))
    }

    @Test func deepOrUTF16() async throws {
        let key = SigningKey["HS256"]
        let nested = String(repeating: "[", count: 2000) + String(repeating: "]", count: 2000)
        try await refuses(try key.token(TokenTests.claims.dropLast() + #", "x": \#(nested)}"#))
        let wide = try #require(TokenTests.claims.data(using: .utf16BigEndian))
        let signed = Base64URL.encode(Data(#"{"alg": "HS256", "kid": "HS256"}"#.utf8)) + "." + Base64URL.encode(wide)
        try await refuses(signed + "." + Base64URL.encode(try key.sign(Data(signed.utf8))))
    }

    /// One token has one spelling: bits that base64 leaves over are zero, in every part.
    @Test func otherSpellings() async throws {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let token = try SigningKey["HS256"].token(TokenTests.claims)
        let signature = try #require(token.split(separator: ".").last)
        // 32 bytes are 43 characters, the last of which has two bits to spare.
        let last = try #require(signature.last.flatMap { alphabet.firstIndex(of: $0) })
        for spare in 1...3 { try await refuses(token.dropLast() + String(alphabet[last + spare])) }
        for text in ["A", "AB", "AAB", "AAAAA", "A A", "AA==", "+/+/", "AAA\n"] {
            #expect(Base64URL.decode(text.utf8) == nil)
        }
        for text in ["", "AA", "AAA", "AAAA", "-_-_"] { #expect(Base64URL.decode(text.utf8) != nil) }
    }

    @Test func notInCompactForm() async throws {
        let token = try SigningKey["HS256"].token(TokenTests.claims)
        for text in [
            "", ".", "..", "a.b.c", token + ".", token + ".a", "." + token, token + "=", " " + token, token + "\n",
        ] {
            try await refuses(text)
        }
    }

    @Test func tooLong() async throws {
        let padding = String(repeating: " ", count: TokenParts.maximumBytes)
        try await refuses(try SigningKey["HS256"].token(TokenTests.claims + padding))
    }

    private func refuses(_ token: String, _ location: SourceLocation = #_sourceLocation) async throws {
        let verifier = try await TokenTests.verifier()
        #expect(throws: TokenRefused.self, "\(token)", sourceLocation: location) { try verifier.verify(token) }
    }
}
