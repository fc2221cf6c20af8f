import RestanteCore
import Testing

@testable import RestanteGateway

/// Keys that are changed while sessions are open: whoever's key is gone goes.
@Suite(.timeLimit(.minutes(5)))
struct KeyReloadTests {
    private let old = SigningKey.hmac()
    private let new = SigningKey.p256()
    private let protocols = ["sec-websocket-protocol: restante.v1.json"]

    private func claims(_ user: String) -> String {
        let now = WallClock.seconds()
        return #"{"sub": "\#(user)", "device": "phone", "iat": \#(now), "exp": \#(now + 3600)}"#
    }

    private func open(_ client: RawClient, _ key: SigningKey) async throws -> Int? {
        let token = try key.token(claims("alice"))
        let response = try await client.upgrade(["authorization: Bearer \(token)"] + protocols)
        if response?.status == 101 { #expect(await client.text()?.contains("welcome") == true) }
        return response?.status
    }

    @Test func newKeysCountAtOnceAndSessionsOfOldOnesEnd() async throws {
        try await TestServer.run { server in
            server.gateway.use(try await KeySet.of([old.jwk()]))
            try await RawClient.with(server) { first in
                #expect(try await open(first, old) == 101)
                try await RawClient.with(server) { client in
                    let status = try await open(client, new)
                    #expect(status == 401)
                }
                server.gateway.use(try await KeySet.of([old.jwk(), new.jwk()]))
                try await RawClient.with(server) { second in
                    #expect(try await open(second, new) == 101)
                    try await first.send(#"{"ping":{}}"#)
                    #expect(await first.text() == #"{"pong":{}}"#)
                    server.gateway.use(try await KeySet.of([new.jwk()]))
                    #expect(await first.text() == #"{"closing":{"reason":"token_expired"}}"#)
                    #expect(await first.frame() == .close(4401, "token_expired"))
                    try await second.send(#"{"ping":{}}"#)
                    #expect(await second.text() == #"{"pong":{}}"#)
                }
                try await RawClient.with(server) { client in
                    let status = try await open(client, old)
                    #expect(status == 401)
                }
            }
        }
    }

    /// A kid that names another key now: what the old one vouched for is worth nothing.
    @Test func aKidWithAnotherKeyIsAnotherKey() async throws {
        try await TestServer.run { server in
            server.gateway.use(try await KeySet.of([old.jwk()]))
            try await RawClient.with(server) { client in
                #expect(try await open(client, old) == 101)
                server.gateway.use(try await KeySet.of([old.jwk()]))
                try await client.send(#"{"ping":{}}"#)
                #expect(await client.text() == #"{"pong":{}}"#)
                server.gateway.use(try await KeySet.of([SigningKey.hmac().jwk()]))
                #expect(await client.text() == #"{"closing":{"reason":"token_expired"}}"#)
            }
        }
    }

    /// The key goes while the store still decides about the device.
    @Test func aSessionThatIsJustOpeningEnds() async throws {
        let store = ScriptedStore { command in
            guard case .claim = command else { return ScriptedStore.agreeable(command) }
            return []
        }
        try await TestServer.run(store: store) { server in
            server.gateway.use(try await KeySet.of([old.jwk()]))
            try await RawClient.with(server) { client in
                let token = try old.token(claims("alice"))
                try await client.ask(
                    "GET", "/v1/connect", RawClient.upgradeHeaders + protocols + ["authorization: Bearer \(token)"])
                let command = await store.command { if case .claim = $0 { true } else { false } }
                guard case .claim(let claim) = command else { return }
                server.gateway.use(try await KeySet.of([new.jwk()]))
                store.report([.claimed(claim.session, ScriptedStore.claimed(claim.address))])
                #expect(await client.response()?.status == 101)
                #expect(await client.text()?.contains("welcome") == true)
                #expect(await client.text() == #"{"closing":{"reason":"token_expired"}}"#)
            }
        }
    }
}
