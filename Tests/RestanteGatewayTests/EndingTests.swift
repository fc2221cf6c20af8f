import NIOCore
import NIOWebSocket
import Testing

@testable import RestanteGateway

/// The last word arrives, though the peer was still talking: a socket that is closed with unread input is reset, and
/// what the peer had not read is gone with it.
@Suite(.timeLimit(.minutes(5)))
struct EndingTests {
    /// More than is read at once.
    static let flood = [UInt8](repeating: 0x61, count: 4 << 20)

    @Test func aViolationInTheMiddleOfAFlood() async throws {
        try await TestServer.run {
            $0.closeTimeout = .seconds(30)
        } body: { server in
            try await RawClient.with(server, halfClosing: true) { client in
                try await client.open(server)
                try? await client.write(ClientFrame.bytes(0xC1, [0x61]) + Self.flood)
                guard case .close(1002, _) = await client.frame() else {
                    Issue.record("no close frame")
                    return
                }
                #expect(await client.frame() == .end)
                #expect(!client.wasReset)
            }
        }
    }

    @Test func aHeadWithoutEnd() async throws {
        try await TestServer.run {
            $0.closeTimeout = .seconds(30)
        } body: { server in
            try await RawClient.with(server, halfClosing: true) { client in
                try? await client.write(Array("GET / HTTP/1.1\r\nx-field: ".utf8) + Self.flood)
                #expect(await client.response()?.status == 431)
                #expect(await client.frame() == .end)
                #expect(!client.wasReset)
            }
        }
    }

    /// A peer that never closes holds its socket for the time limit, and no longer; what it sends is thrown away.
    @Test func aPeerThatStays() async throws {
        try await TestServer.run {
            $0.closeTimeout = .milliseconds(200)
        } body: { server in
            try await RawClient.with(server, halfClosing: true) { client in
                try await client.open(server)
                try await client.send(.connectionClose, [0x03, 0xE8])
                #expect(await client.frame() == .close(1000, ""))
                await server.store.released()
            }
        }
    }
}
