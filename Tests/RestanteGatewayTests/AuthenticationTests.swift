import NIOConcurrencyHelpers
import NIOCore
import NIOWebSocket
import RestanteCore
import Testing

@testable import RestanteGateway

/// Tokens over real sockets: whoever presents a bad one learns nothing, wherever it is presented.
@Suite(.timeLimit(.minutes(5)))
struct AuthenticationTests {
    static let subprotocol = "sec-websocket-protocol: restante.v1.json"

    /// A request that is refused for its token.
    struct Attempt {
        var method = "GET"
        var path = "/v1/connect"
        var headers: [String]

        static func connect(_ authorization: String...) -> Attempt {
            Attempt(headers: RawClient.upgradeHeaders + [subprotocol] + authorization.map { "authorization: \($0)" })
        }

        static func post(_ authorization: String...) -> Attempt {
            Attempt(
                method: "POST", path: "/v1/messages",
                headers: ["content-type: application/json"] + authorization.map { "authorization: \($0)" })
        }
    }

    static func attempts(_ server: TestServer) throws -> [Attempt] {
        let (user, service) = (try server.userToken(), try server.serviceToken())
        let expired = try server.userToken(lifetime: -1)
        let noClaims = try TestKeys.token(claims: #"{"sub": "alice"}"#)
        let noAlgorithm = try TestKeys.token(header: #"{"alg": "none"}"#, claims: TokenTests.claims)
        let unknownKey = try TestKeys.token(header: #"{"alg": "HS256", "kid": "other"}"#, claims: TokenTests.claims)
        return [
            .connect(), .connect("Bearer"), .connect("Bearer x"), .connect("Basic \(user)"),
            .connect("Bearer \(user)", "Bearer \(user)"), .connect("Bearer \(user)x"), .connect("Bearer \(expired)"),
            .connect("Bearer \(noClaims)"), .connect("Bearer \(noAlgorithm)"), .connect("Bearer \(unknownKey)"),
            .connect("Bearer \(service)"),
            Attempt(headers: RawClient.upgradeHeaders + [subprotocol + ", bearer.\(user), bearer.\(user)"]),
            .post(), .post("Bearer x"), .post("Bearer \(user)"), .post("Bearer \(expired)"),
        ]
    }

    @Test func allRefusalsAreTheSameBytes() async throws {
        try await TestServer.run { server in
            var answers: Set<String> = []
            for attempt in try Self.attempts(server) {
                try await RawClient.with(server) { client in
                    let response = try await client.request(attempt.method, attempt.path, attempt.headers)
                    #expect(response?.status == 401, "\(attempt)")
                    #expect(response?.headers["www-authenticate"] == "Bearer")
                    answers.insert(response?.raw ?? "")
                }
            }
            #expect(answers.count == 1, "\(answers)")
            #expect(server.store.commands.isEmpty)
        }
    }

    @Test func tokenInTheSubprotocolIsNotEchoed() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                let token = try server.userToken()
                let response = try await client.upgrade(["sec-websocket-protocol: bearer.\(token), restante.v1.json"])
                #expect(response?.headers["sec-websocket-protocol"] == "restante.v1.json")
                #expect(response?.raw.contains(token) == false)
                #expect(response?.raw.contains("bearer") == false)
                #expect(await client.text()?.contains(#""welcome""#) == true)
            }
        }
    }

    @Test func badTokenInTheSubprotocolIsClosedWith4401() async throws {
        try await TestServer.run { server in
            let tokens = ["x", "", try server.userToken(lifetime: -1), try server.serviceToken()]
            for token in tokens {
                try await RawClient.with(server) { client in
                    let response = try await client.upgrade([
                        Self.subprotocol, "sec-websocket-protocol: bearer.\(token)",
                    ])
                    #expect(response?.status == 101)
                    #expect(response?.headers["sec-websocket-protocol"] == "restante.v1.json")
                    #expect(await client.frame() == .close(4401, "unauthenticated"))
                    // On a busy machine the server may have waited long enough.
                    try? await client.send(.connectionClose, [0x11, 0x31])
                    #expect(await client.frame() == .end)
                }
            }
            #expect(server.store.commands.isEmpty)
        }
    }

    /// A stranger whose token came as a subprotocol is upgraded to be told; it is not listened to.
    @Test func whoIsTurnedAwayPutsNothingTogether() async throws {
        try await TestServer.run {
            $0.closeTimeout = .seconds(60)
            $0.handshakeTimeout = .seconds(60)
        } body: { server in
            try await RawClient.with(server) { client in
                let response = try await client.upgrade([Self.subprotocol, "sec-websocket-protocol: bearer.x"])
                #expect(response?.status == 101)
                #expect(await client.frame() == .close(4401, "unauthenticated"))
                // The beginning of a message that goes on.
                let began = ContinuousClock.now
                try await client.write(Array(ClientFrame.bytes(0x81, [UInt8](repeating: 0x20, count: 1000)).dropLast()))
                #expect(await client.frame() == .end)
                #expect(ContinuousClock.now - began < .seconds(30), "it was the time limit of strangers that ended it")
            }
        }
    }

    /// Whoever holds a token that was revoked cannot use up the handshakes of its device.
    @Test func aRevokedTokenCostsItsDeviceNothing() async throws {
        let claims = Counter()
        let store = ScriptedStore { command in
            guard case .claim(let claim) = command, claims.next() <= 4 else { return ScriptedStore.agreeable(command) }
            return [.claimRefused(claim.session, Refusal(.invalidToken, "revoked"))]
        }
        try await TestServer.run(store: store) {
            $0.pace.device.handshakes = Rate(1, per: .hours(1), burst: 2)
        } body: { server in
            for _ in 1...4 {
                try await RawClient.with(server) { client in
                    let response = try await client.connect(server)
                    #expect(response?.status == 401)
                }
            }
            try await RawClient.with(server) { client in
                let response = try await client.connect(server)
                #expect(response?.status == 101)
            }
        }
    }

    private final class Counter: Sendable {
        private let count = NIOLockedValueBox(0)
        func next() -> Int {
            count.withLockedValue {
                $0 += 1
                return $0
            }
        }
    }

    /// The header counts where there are both: an intermediary may have added it.
    @Test func headerGoesBeforeSubprotocol() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                let response = try await client.upgrade([
                    "authorization: Bearer x", Self.subprotocol + ", bearer.\(server.userToken())",
                ])
                #expect(response?.status == 401)
            }
        }
    }

    @Test func claimCarriesWhatTheTokenSays() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                _ = try await client.connect(server)
                guard case .claim(let claim) = server.store.commands.first else {
                    Issue.record("no claim")
                    return
                }
                #expect(claim.address == TestKeys.alice)
                #expect(abs(claim.tokenIssuedAt - WallClock.seconds()) < 60)
            }
        }
    }

    @Test func expiryEndsTheSession() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                let token = try server.userToken(lifetime: 5)
                let response = try await client.upgrade(["authorization: Bearer \(token)", Self.subprotocol])
                try #require(response?.status == 101)
                #expect(await client.text()?.contains(#""welcome""#) == true)
                #expect(await client.text() == #"{"closing":{"reason":"token_expired"}}"#)
                #expect(await client.frame() == .close(4401, "token_expired"))
            }
            await server.store.released()
        }
    }
}
