import NIOCore
import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// Over real sockets: too much is told, and the connection goes on.
@Suite(.timeLimit(.minutes(5)))
struct PacedGatewayTests {
    static func request(_ number: Int) -> String { #"{"devices": {"user": "bob"}, "requestId": "\#(number)"}"# }

    @Test func sendsTooManyAreRejectedAndTheConnectionGoesOn() async throws {
        try await TestServer.run {
            $0.pace.device.messages = Rate(1, per: .hours(1), burst: 2)
        } body: { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                for _ in 0..<3 { try await client.send(ShutdownTests.send) }
                // The refusal does not wait for the store.
                var texts: [String] = []
                for _ in 0..<3 { texts.append(await client.text() ?? "") }
                #expect(texts.filter { $0.contains(#""accepted""#) }.count == 2)
                let refusal = texts.first { $0.contains(#""rejected""#) } ?? ""
                #expect(refusal.contains(ConnectionTests.idText))
                #expect(refusal.contains(#""rate_limited""#) && refusal.contains("retryAfter"))
                try await client.send(#"{"ping": {}}"#)
                #expect(await client.text()?.contains("pong") == true)
            }
            #expect(server.store.commands.filter(ShutdownTests.isSend).count == 2)
        }
    }

    @Test func lookUpsTooManyFail() async throws {
        try await TestServer.run {
            $0.pace.user.lookUps = Rate(1, per: .hours(1), burst: 1)
        } body: { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                try await client.send(Self.request(1))
                #expect(await client.text()?.contains(#""done""#) == true)
                try await client.send(Self.request(2))
                let text = await client.text() ?? ""
                #expect(text.contains(#""failure""#) && text.contains(#""rate_limited""#))
            }
        }
    }

    /// Whoever hammers on is read at the pace of its refusals; its sending costs the server no more than that.
    @Test func aFloodOfRefusalsIsNotRead() async throws {
        try await TestServer.run {
            $0.pace.device.messages = Rate(1, per: .hours(1), burst: 1)
            $0.pace.connection.refusals = Rate(1, per: .hours(1), burst: 1)
            $0.pace.connection.mostDebt = .hours(1)
            $0.eventLoops = 1
        } body: { server in
            try await RawClient.with(server) { client in
                try await RawClient.with(server) { other in
                    try await client.open(server)
                    for _ in 0..<3 { try await client.send(ShutdownTests.send) }
                    for _ in 0..<3 { _ = await client.text() }
                    try await client.send(#"{"ping": {}}"#)
                    for _ in 0..<5 { #expect(try await other.request("GET", "/healthz")?.status == 200) }
                    // What we have to say goes out, and is not behind the pong that was never asked for.
                    server.store.report([.ended(await server.store.claimedSession(), .displaced)])
                    #expect(await client.text()?.contains("displaced") == true)
                }
            }
        }
    }

    @Test func handshakesTooManyAreRefusedWithATime() async throws {
        try await TestServer.run {
            $0.pace.device.handshakes = Rate(1, per: .hours(1), burst: 1)
        } body: { server in
            try await RawClient.with(server) { try await $0.open(server) }
            try await RawClient.with(server) { client in
                let response = try await client.connect(server)
                #expect(response?.status == 429)
                #expect(Int(response?.headers["retry-after"] ?? "") ?? 0 >= 3600)
                #expect(response?.body.contains("rate_limited") == true)
            }
            // The store has not heard of it.
            #expect(server.store.commands.filter { if case .claim = $0 { true } else { false } }.count == 1)
        }
    }

    @Test func anAddressMayNotTryTokensForEver() async throws {
        try await TestServer.run {
            $0.pace.trustsLoopback = false
            $0.pace.address.handshakes = Rate(1, per: .hours(1), burst: 2)
        } body: { server in
            for _ in 0..<2 {
                try await RawClient.with(server) { client in
                    let response = try await client.upgrade([
                        "authorization: Bearer no.good.token", "sec-websocket-protocol: restante.v1.json",
                    ])
                    #expect(response?.status == 401)
                }
            }
            // Whoever does not even ask has connected all the same.
            try await RawClient.with(server) { #expect(await $0.response()?.status == 429) }
            try await RawClient.with(server, from: "127.0.0.78") { try await $0.open(server) }
        }
    }

    /// The clients of a trusted proxy are counted one by one: handshakes and connections.
    @Test func aClientBehindAProxyIsCounted() async throws {
        let range = try #require(IPNetwork("127.0.0.0/8"))
        try await TestServer.run {
            $0.trustedProxies = TrustedProxies([range])
            $0.pace.address.connections = 1
        } body: { server in
            try await RawClient.with(server) { first in
                #expect(try await first.connect(server, for: "192.0.2.1")?.status == 101)
                try await RawClient.with(server) { second in
                    let response = try await second.connect(server, for: "192.0.2.1")
                    #expect(response?.status == 429)
                    #expect(response?.body.contains("connections of one address") == true)
                }
                try await RawClient.with(server) { other in
                    let response = try await other.connect(server, for: "192.0.2.2")
                    #expect(response?.status == 101)
                }
            }
            // The first has gone, sooner or later.
            var status: Int?
            while status != 101 {
                try await RawClient.with(server) { status = try await $0.connect(server, for: "192.0.2.1")?.status }
            }
        }
    }

    /// A connection for each of its requests is no attempt to come in.
    @Test func aServicesConnectionsAreNoHandshakes() async throws {
        try await TestServer.run {
            $0.pace.trustsLoopback = false
            $0.pace.address.handshakes = Rate(1, per: .hours(1), burst: 1)
        } body: { server in
            for _ in 0..<3 {
                try await RawClient.with(server) { client in
                    let response = try await EndpointTests.post(client, server, EndpointTests.body)
                    #expect(response?.status == 200)
                }
            }
        }
    }

    @Test func aServicesMessagesTooManyAreRejectedOverHTTP() async throws {
        try await TestServer.run {
            $0.pace.service.messages = Rate(1, per: .hours(1), burst: 1)
        } body: { server in
            try await RawClient.with(server) { client in
                #expect(try await EndpointTests.post(client, server, EndpointTests.body)?.status == 200)
                let response = try await EndpointTests.post(client, server, EndpointTests.body)
                #expect(response?.status == 429)
                #expect(response?.headers["retry-after"] != nil)
                #expect(response?.body.contains(ConnectionTests.idText) == true)
                #expect(try await client.request("GET", "/healthz")?.status == 200)
            }
        }
    }
}
