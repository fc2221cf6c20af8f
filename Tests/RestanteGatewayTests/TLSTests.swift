import NIOCore
import NIOSSL
import NIOWebSocket
import RestanteCore
import TestKit
import Testing

@testable import RestanteGateway

/// TLS over real sockets: what is agreed on, what is refused, and how connections begin and end.
@Suite(.timeLimit(.minutes(5)))
struct TLSTests {
    static func run(
        _ files: TestTLSFiles, configure: (inout GatewayConfiguration) -> Void = { _ in },
        body: (TestServer) async throws -> Void
    ) async throws {
        let tls = try ServerTLS(files.files)
        try await TestServer.run(
            configure: {
                $0.tls = tls
                configure(&$0)
            }, body: body)
    }

    @Test func sessionsAndRequests() async throws {
        try await TestTLSFiles.with { files in
            try await Self.run(files) { server in
                let trusting = try files.authority.client()
                try await RawClient.with(server, tls: trusting) { client in
                    try await client.open(server)
                    try await client.send(#"{"ping":{}}"#)
                    #expect(await client.text() == #"{"pong":{}}"#)
                    #expect(try await client.agreed().version == .tlsv13)
                }
                try await RawClient.with(server, tls: trusting) { client in
                    let health = try await client.request("GET", "/healthz")
                    #expect(health?.status == 200)
                    let posted = try await EndpointTests.post(client, server, EndpointTests.body)
                    #expect(posted?.status == 200)
                }
            }
        }
    }

    /// What a client may offer, and whether anything comes of it.
    static let offers: [(what: String, offer: @Sendable (inout TLSConfiguration) -> Void, isTaken: Bool)] = [
        ("TLS 1.3", { $0.minimumTLSVersion = .tlsv13 }, true),
        ("TLS 1.2", { $0.maximumTLSVersion = .tlsv12 }, true),
        (
            "TLS 1.1",
            {
                $0.minimumTLSVersion = .tlsv1
                $0.maximumTLSVersion = .tlsv11
            }, false
        ),
        (
            "TLS 1.0",
            {
                $0.minimumTLSVersion = .tlsv1
                $0.maximumTLSVersion = .tlsv1
            }, false
        ),
        ("CBC", only(.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA), false),
        ("no forward secrecy", only(.TLS_RSA_WITH_AES_128_GCM_SHA256), false),
        ("AES-128", only(.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), true),
        ("AES-256", only(.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384), true),
        ("ChaCha20", only(.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256), true),
    ]

    private static func only(_ cipher: NIOTLSCipher) -> @Sendable (inout TLSConfiguration) -> Void {
        {
            $0.maximumTLSVersion = .tlsv12
            $0.cipherSuiteValues = [cipher]
        }
    }

    @Test func modernOnly() async throws {
        try await TestTLSFiles.with { files in
            try await Self.run(files) { server in
                for (what, offer, isTaken) in Self.offers {
                    try await RawClient.with(server, tls: try files.authority.client(nil, offer)) { client in
                        let response = try? await client.request("GET", "/healthz")
                        #expect((response?.status == 200) == isTaken, "\(what)")
                    }
                }
            }
        }
    }

    @Test func agreesOnHTTP11() async throws {
        try await TestTLSFiles.with { files in
            try await Self.run(files) { server in
                let offering = try files.authority.client { $0.applicationProtocols = ["h2", "http/1.1"] }
                try await RawClient.with(server, tls: offering) { client in
                    let health = try await client.request("GET", "/healthz")
                    #expect(health?.status == 200)
                    #expect(client.negotiated == "http/1.1")
                }
            }
        }
    }

    // MARK: - Peers that speak something else

    @Test func plainHTTPToTheTLSPortEnds() async throws {
        try await TestTLSFiles.with { files in
            try await Self.run(files) { server in
                try await RawClient.with(server) { client in
                    let response = try await client.request("GET", "/healthz")
                    #expect(response == nil)
                }
            }
        }
    }

    @Test func tlsToThePlainPortEnds() async throws {
        let authority = try TestAuthority()
        try await TestServer.run { server in
            try await RawClient.with(server, tls: try authority.client()) { client in
                let response = try? await client.request("GET", "/healthz")
                #expect(response == nil)
            }
        }
    }

    /// One time limit for TLS and the request behind it. The bytes begin a ClientHello of 512 bytes.
    @Test(arguments: [[], [0x16, 0x03, 0x01, 0x02, 0x00, 0x01]] as [[UInt8]])
    func anUnfinishedHandshakeEnds(bytes: [UInt8]) async throws {
        try await TestTLSFiles.with { files in
            try await Self.run(files, configure: { $0.handshakeTimeout = .milliseconds(300) }) { server in
                try await RawClient.with(server) { client in
                    // On a busy machine its time may be over already.
                    if !bytes.isEmpty { try? await client.write(bytes) }
                    let begin = NIODeadline.now()
                    #expect(await client.frame() == .end)
                    #expect(NIODeadline.now() - begin < .seconds(5))
                }
            }
        }
    }

    @Test func aHandshakeWithoutARequestEnds() async throws {
        // Time for the handshake on a busy machine: only then can it be told.
        try await TestTLSFiles.with { files in
            try await Self.run(files, configure: { $0.handshakeTimeout = .seconds(2) }) { server in
                try await RawClient.with(server, tls: try files.authority.client()) { client in
                    #expect(await client.response()?.status == 408)
                    await client.untilEnd()
                }
            }
        }
    }

    // MARK: - The end

    /// A TLS client tells an end from a cut by it (RFC 8446 §6.1).
    @Test func saysThatItCloses() async throws {
        try await TestTLSFiles.with { files in
            try await Self.run(files) { server in
                try await RawClient.with(server, tls: try files.authority.client()) { client in
                    let response = try await client.request("GET", "/healthz", ["connection: close"])
                    #expect(response?.status == 200)
                    #expect(await client.frame() == .end)
                    #expect(client.errors.isEmpty, "\(client.errors)")
                }
            }
        }
    }

    /// One client answers the close frame, the other has gone silent: neither sees a cut, and the end is in time.
    @Test(arguments: [true, false]) func aShutdownIsInGoodOrder(answers: Bool) async throws {
        try await TestTLSFiles.with { files in
            try await Self.run(files) { server in
                try await RawClient.with(server, tls: try files.authority.client()) { client in
                    try await client.open(server)
                    server.stop()
                    #expect(await client.text()?.contains("shutting_down") == true)
                    #expect(await client.frame() == .close(1001, "shutting_down"))
                    // A server that has waited long enough has closed by now.
                    if answers { try? await client.send(.connectionClose, [0x03, 0xE9]) }
                    #expect(await client.frame() == .end)
                    #expect(client.errors.isEmpty, "\(client.errors)")
                    try await server.ended()
                }
            }
        }
    }

    @Test func aCutClientFreesItsDevice() async throws {
        try await TestTLSFiles.with { files in
            try await Self.run(files) { server in
                try await RawClient.with(server, tls: try files.authority.client()) { client in
                    try await client.open(server)
                    try await client.cut()
                    _ = await server.store.command { if case .release = $0 { true } else { false } }
                }
                // And the server goes on.
                try await RawClient.with(server, tls: try files.authority.client()) { try await $0.open(server) }
            }
        }
    }
}
