import NIOCore
import NIOWebSocket
import RestanteCore
import Testing

@testable import RestanteGateway

/// How sessions go on and how they end, over real sockets.
@Suite(.timeLimit(.minutes(5)))
struct LifecycleTests {
    @Test(arguments: [
        (SessionEnd.displaced, "displaced", UInt16(4409)), (.unlinked, "unlinked", 4403),
        (.revoked, "token_revoked", 4401),
    ])
    func endedByTheStore(end: SessionEnd, word: String, code: UInt16) async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                server.store.report([.ended(await server.store.claimedSession(), end)])
                #expect(await client.text() == #"{"closing":{"reason":"\#(word)"}}"#)
                #expect(await client.frame() == .close(code, word))
                // The device is free before the client has answered.
                await server.store.released()
                // A server that has waited long enough has closed by now.
                try? await client.send(.connectionClose, [UInt8(code >> 8), UInt8(code & 0xFF)])
                #expect(await client.frame() == .end)
            }
        }
    }

    @Test func unknownTagIsClosedWith4400() async throws {
        let store = ScriptedStore { command in
            guard case .acknowledge(let session, _) = command else { return ScriptedStore.agreeable(command) }
            return [.acknowledgedUnknown(session)]
        }
        try await TestServer.run(store: store) { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                try await client.send(#"{"ack": {"through": "7"}}"#)
                guard case .close(4400, _) = await client.frame() else {
                    Issue.record("not closed with 4400")
                    return
                }
            }
        }
    }

    static let wrong: [(bytes: [UInt8], code: UInt16)] = [
        (ClientFrame.bytes(0x81, [0x61], masked: false), 1002),
        (ClientFrame.bytes(0x80, [0x61]), 1002),
        (ClientFrame.bytes(0x82, [0x61]), 1003),
        (ClientFrame.bytes(0x81, [0xFF]), 1007),
        (ClientFrame.bytes(0x81, Array("no JSON".utf8)), 1007),
        ([0x81, 0xFF, 0, 0, 0, 0, 0, 0xFF, 0, 0] + ClientFrame.mask, 1009),
        // All of it is on its way when the server has had enough: the close frame must get through nevertheless.
        (ClientFrame.bytes(0x81, [UInt8](repeating: 0x20, count: 3 << 20)), 1009),
        (ClientFrame.bytes(0x81, Array("{}".utf8)), 4400),
    ]

    /// Through the whole pipeline, in which each handler must be in its place.
    @Test(arguments: wrong)
    func wrongFrames(bytes: [UInt8], code: UInt16) async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                try await client.write(bytes)
                guard case .close(code, _) = await client.frame() else {
                    Issue.record("not closed with \(code)")
                    return
                }
                #expect(await client.frame() == .end)
            }
            await server.store.released()
        }
    }

    @Test func halfAFrameAndGone() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                try await client.write(Array(ClientFrame.bytes(0x81, Array(#"{"ping": {}}"#.utf8)).dropLast(3)))
            }
            await server.store.released()
        }
    }

    // MARK: - Alive or not

    @Test func answersPings() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                try await client.send(.ping, [1, 2, 3])
                #expect(await client.frame() == .data(.pong, [1, 2, 3]))
            }
        }
    }

    @Test func silentClientIsClosedWith4408() async throws {
        try await TestServer.run {
            $0.pingInterval = .milliseconds(50)
            $0.idleTimeout = .milliseconds(200)
        } body: { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                var frame = await client.frame()
                #expect(frame == .data(.ping, []))
                while frame == .data(.ping, []) { frame = await client.frame() }
                #expect(frame == .data(.text, Array(#"{"closing":{"reason":"idle"}}"#.utf8)))
                #expect(await client.frame() == .close(4408, "idle"))
            }
            await server.store.released()
        }
    }

    /// Pongs alone keep a session: for twice the time that a silent one has.
    @Test func pongsKeepTheSession() async throws {
        try await TestServer.run {
            $0.pingInterval = .milliseconds(200)
            $0.idleTimeout = .seconds(3)
        } body: { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                for _ in 0..<30 {
                    #expect(await client.frame() == .data(.ping, []))
                    try await client.send(.pong, [])
                }
            }
        }
    }

    /// A large frame on a slow line keeps the session as well as pongs, which cannot stand inside of it.
    @Test func aSlowFrameIsNoSilence() async throws {
        try await TestServer.run {
            $0.pingInterval = .milliseconds(100)
            $0.idleTimeout = .seconds(5)
        } body: { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                for byte in ClientFrame.bytes(0x81, Array((#"{"ping": {}}"# + String(repeating: " ", count: 50)).utf8))
                {
                    #expect(await client.frame() == .data(.ping, []))
                    try await client.write([byte])
                }
                var frame = await client.frame()
                while frame == .data(.ping, []) { frame = await client.frame() }
                #expect(frame == .data(.text, Array(#"{"pong":{}}"#.utf8)))
            }
        }
    }
}
