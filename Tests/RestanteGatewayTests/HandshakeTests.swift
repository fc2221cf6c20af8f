import NIOCore
import NIOWebSocket
import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// The upgrade over real sockets: which requests become a session, and what the others are told.
@Suite(.timeLimit(.minutes(5)))
struct HandshakeTests {
    @Test(arguments: WireFormat.allCases) func speaksBothSubprotocols(format: WireFormat) async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                let response = try await client.connect(server, as: format.subprotocol)
                #expect(response?.status == 101)
                #expect(response?.headers["sec-websocket-protocol"] == format.subprotocol)
                guard case .data(let opcode, let bytes) = await client.frame() else {
                    Issue.record("no frame after the upgrade")
                    return
                }
                #expect(opcode == (format == .json ? .text : .binary))
                #expect(try format.decodeServerFrame(bytes).welcome.user == "alice")
            }
        }
    }

    @Test func takesTheFirstSubprotocolThatItSpeaks() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                let response = try await client.connect(server, as: "mqtt, restante.v1.proto, restante.v1.json")
                #expect(response?.headers["sec-websocket-protocol"] == "restante.v1.proto")
            }
        }
    }

    // MARK: - Refused

    struct Row: CustomTestStringConvertible {
        var name: String
        var method = "GET"
        var path = "/v1/connect"
        var headers = RawClient.upgradeHeaders + ["sec-websocket-protocol: restante.v1.json"]
        var status: Int
        var answer: (header: String, value: String)?
        var testDescription: String { name }
    }

    static let rows = [
        Row(name: "no subprotocol", headers: RawClient.upgradeHeaders, status: 400),
        Row(
            name: "other subprotocols", headers: RawClient.upgradeHeaders + ["sec-websocket-protocol: mqtt"],
            status: 400),
        Row(name: "no key", headers: without("sec-websocket-key"), status: 400),
        Row(name: "short key", headers: without("sec-websocket-key") + ["sec-websocket-key: AAAA"], status: 400),
        Row(name: "other path", path: "/v1/other", status: 404),
        Row(name: "other path, no upgrade", path: "/", headers: [], status: 404),
        Row(name: "other method", method: "POST", headers: [], status: 405, answer: ("allow", "GET")),
        Row(name: "no upgrade", headers: [], status: 426, answer: ("upgrade", "websocket")),
        Row(name: "no version", headers: without("sec-websocket-version"), status: 426, answer: version),
        Row(
            name: "old version", headers: without("sec-websocket-version") + ["sec-websocket-version: 8"], status: 426,
            answer: version),
    ]

    static let version = (header: "sec-websocket-version", value: "13")

    static func without(_ name: String) -> [String] {
        RawClient.upgradeHeaders.filter { !$0.hasPrefix(name) } + ["sec-websocket-protocol: restante.v1.json"]
    }

    @Test(arguments: rows) func refuses(_ row: Row) async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                let token = "authorization: Bearer \(try server.userToken())"
                let response = try await client.request(row.method, row.path, row.headers + [token])
                #expect(response?.status == row.status)
                #expect(response?.body.contains(#""code""#) == true)
                if let answer = row.answer { #expect(response?.headers[answer.header] == answer.value) }
            }
            #expect(server.store.commands.isEmpty)
        }
    }

    @Test(arguments: [ErrorCode.tooManyDevices, .deviceRevoked]) func refusedClaim(code: ErrorCode) async throws {
        let store = ScriptedStore.refusing(code)
        try await TestServer.run(store: store) { server in
            try await RawClient.with(server) { client in
                let response = try await client.connect(server)
                #expect(response?.status == 403)
                #expect(response?.body.contains(code.name) == true)
            }
            // A browser sees no status.
            try await RawClient.with(server) { client in
                let response = try await client.upgrade([
                    "sec-websocket-protocol: restante.v1.json, bearer.\(server.userToken())"
                ])
                #expect(response?.status == 101)
                #expect(await client.frame() == .close(4403, code.name))
            }
        }
    }

    @Test(arguments: ["authorization: Bearer ", "sec-websocket-protocol: bearer."])
    func claimThatMaySucceedLater(place: String) async throws {
        try await TestServer.run(store: .refusing(.unavailable)) { server in
            try await RawClient.with(server) { client in
                let response = try await client.upgrade([
                    "sec-websocket-protocol: restante.v1.json", place + server.userToken(),
                ])
                #expect(response?.status == 503)
                #expect(response?.headers["retry-after"] == "1")
            }
        }
    }

    /// A claim that is never answered holds a socket for as long as a handshake may take, and no longer.
    @Test func unansweredClaim() async throws {
        try await TestServer.run(store: ScriptedStore { _ in [] }) {
            $0.handshakeTimeout = .seconds(2)
        } body: { server in
            try await RawClient.with(server) { client in
                let response = try await client.connect(server)
                #expect(response?.status == 503)
                #expect(response?.headers["retry-after"] == "1")
                await client.untilEnd()
            }
            await server.store.released()
        }
    }

    @Test func slowRequest() async throws {
        try await TestServer.run {
            $0.handshakeTimeout = .milliseconds(100)
        } body: { server in
            try await RawClient.with(server) { client in
                // On a busy machine the time may be over before.
                try? await client.write("GET /v1/connect HTTP/1.1\r\nhost: te")
                #expect(await client.response()?.status == 408)
                await client.untilEnd()
            }
        }
    }
}

extension ScriptedStore {
    /// A store that refuses every claim.
    static func refusing(_ code: ErrorCode) -> ScriptedStore {
        ScriptedStore { command in
            guard case .claim(let claim) = command else { return ScriptedStore.agreeable(command) }
            return [.claimRefused(claim.session, Refusal(code, "scripted", retryAfter: 1))]
        }
    }
}
