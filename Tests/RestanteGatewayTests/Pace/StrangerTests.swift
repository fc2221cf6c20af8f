import NIOCore
import NIOPosix
import TestKit
import Testing

@testable import RestanteGateway

/// Connections that do not say who they are: they end soon, are few, and keep nobody out.
@Suite(.timeLimit(.minutes(5)))
struct StrangerTests {
    /// What a stranger may try to stay for longer.
    enum Trick: String, CaseIterable {
        case silent
        case slowHead
        case keptAlive
        case pipelined
        case slowBody
        case badUpgrades

        var bytes: String {
            switch self {
            case .silent: ""
            case .slowHead: "x"
            case .keptAlive: "GET /healthz HTTP/1.1\r\nhost: test\r\n\r\n"
            case .pipelined: String(repeating: "GET /nowhere HTTP/1.1\r\nhost: test\r\n\r\n", count: 20)
            case .slowBody: "0123456789"
            case .badUpgrades:
                "GET /healthz HTTP/1.1\r\nhost: test\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"
            }
        }

        var beginning: String {
            switch self {
            case .slowHead: "GET /v1/connect HTTP/1.1\r\nhost: te"
            case .slowBody: "POST /v1/messages HTTP/1.1\r\nhost: test\r\ncontent-length: 200000\r\n\r\n"
            default: ""
            }
        }
    }

    /// Whatever it sends: the time runs from the accepting on.
    @Test(arguments: Trick.allCases) func endsInTimeWhateverItSends(trick: Trick) async throws {
        let limit = TimeAmount.seconds(1)
        try await TestServer.run {
            $0.handshakeTimeout = limit
        } body: { server in
            try await RawClient.with(server) { client in
                let start = NIODeadline.now()
                // Its writes fail when the server has gone, which may be before the first on a machine with much to do.
                _ = try? await client.write(trick.beginning)
                while (try? await client.write(trick.bytes)) != nil, NIODeadline.now() - start < .seconds(30) {
                    try await Task.sleep(for: .milliseconds(50))
                    if trick == .silent { break }
                }
                await client.untilEnd()
                #expect(NIODeadline.now() - start < .seconds(10))
            }
        }
    }

    /// A service that has shown its token may rest between its requests.
    @Test func aKnownServiceStays() async throws {
        try await TestServer.run {
            $0.handshakeTimeout = .seconds(2)
        } body: { server in
            try await RawClient.with(server) { client in
                #expect(try await EndpointTests.post(client, server, EndpointTests.body)?.status == 200)
                try await Task.sleep(for: .seconds(3))
                #expect(try await EndpointTests.post(client, server, EndpointTests.body)?.status == 200)
            }
        }
    }

    /// 500 that say nothing, where 64 may be: a client comes in nevertheless, and a session is not disturbed.
    @Test func manyStrangersKeepNobodyOut() async throws {
        try await TestServer.run {
            $0.pace.strangers = 64
            $0.pace.strangersGrace = .milliseconds(100)
            $0.handshakeTimeout = .seconds(60)  // none of them ends by itself
        } body: { server in
            try await RawClient.with(server) { session in
                try await session.open(server)
                let strangers = await Strangers.connect(500, server)
                try await session.send(#"{"ping": {}}"#)
                #expect(await session.text()?.contains("pong") == true)
                let start = NIODeadline.now()
                try await RawClient.untilConnected(server, as: "tablet")
                #expect(NIODeadline.now() - start < .seconds(30))
                #expect(server.gateway.figures.strangers <= 64)
                await strangers.end()
            }
        }
    }

    /// One address that opens too many is told so, and the others come in.
    @Test func anAddressMayHaveOnlySoManyStrangers() async throws {
        try await TestServer.run {
            $0.pace.trustsLoopback = false
            $0.pace.address.strangers = 10
        } body: { server in
            let strangers = await Strangers.connect(10, server)
            try await RawClient.with(server) { client in
                // Said before it asks.
                let response = await client.response()
                #expect(response?.status == 429)
                #expect(Int(response?.headers["retry-after"] ?? "") ?? 0 > 0)
                #expect(response?.body.contains("rate_limited") == true)
                await client.untilEnd()
            }
            try await RawClient.with(server, from: "127.0.0.77") { client in
                let response = try await client.connect(server)
                #expect(response?.status == 101)
            }
            await strangers.end()
        }
    }

    @Test func aFullServerSaysSoOverTLS() async throws {
        try await TestTLSFiles.with { files in
            try await TLSTests.run(files, configure: { $0.pace.connections = 0 }) { server in
                try await RawClient.with(server, tls: try files.authority.client()) { client in
                    #expect(await client.response()?.status == 503)
                    await client.untilEnd()
                }
            }
        }
    }

    @Test func aFullServerSaysSo() async throws {
        try await TestServer.run {
            $0.pace.connections = 1
        } body: { server in
            try await RawClient.with(server) { session in
                try await session.open(server)
                try await RawClient.with(server) { client in
                    let response = await client.response()
                    #expect(response?.status == 503)
                    #expect(Int(response?.headers["retry-after"] ?? "") ?? 0 > 0)
                }
            }
            // Whoever leaves makes room.
            try await RawClient.untilConnected(server, as: "tablet")
        }
    }
}

/// Connections that say nothing.
struct Strangers {
    private let channels: [any Channel]

    static func connect(_ count: Int, _ server: TestServer) async -> Strangers {
        var channels: [any Channel] = []
        for _ in 0..<count {
            let channel = try? await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: server.host, port: server.port).get()
            if let channel { channels.append(channel) }
        }
        return Strangers(channels: channels)
    }

    func end() async { for channel in channels { try? await channel.close() } }
}
