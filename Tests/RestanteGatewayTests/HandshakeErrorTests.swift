import NIOCore
import NIOWebSocket
import RestanteCore
import Testing

@testable import RestanteGateway

/// Requests that become no WebSocket, byte by byte: each is answered with the right status, and the connection ends.
@Suite(.timeLimit(.minutes(5)))
struct HandshakeErrorTests {
    struct Row: CustomTestStringConvertible {
        var name: String
        /// Lines of the head; the end is added.
        var lines: [String]
        var after = ""
        var end = "\r\n"
        var status: Int
        /// A header of the answer, and its value.
        var answer: (String, String)?
        var testDescription: String { name }
    }

    static let get = "GET /v1/connect HTTP/1.1"
    static let host = "host: test"
    static let upgrade = RawClient.upgradeHeaders
    static let protocols = "sec-websocket-protocol: restante.v1.json"

    /// A good upgrade but for its token, with a field more, or one instead of another.
    static func good(_ extra: String..., without name: String? = nil) -> [String] {
        [get, host] + upgrade.filter { line in name.map { !line.hasPrefix($0) } ?? true } + [protocols] + extra
    }

    static let syntax: [Row] = [
        Row(name: "no HTTP", lines: ["\u{1}\u{2}\u{3}"], status: 400),
        Row(name: "TLS on a plain port", lines: ["\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}"], status: 400),
        Row(name: "HTTP/2", lines: ["PRI * HTTP/2.0", "", "SM", ""], status: 400),
        Row(name: "HTTP/3.0", lines: ["GET /v1/connect HTTP/3.0", host] + upgrade, status: 400),
        Row(name: "no target", lines: ["GET HTTP/1.1", host], status: 400),
        Row(name: "a method that is none", lines: ["GRAB /v1/connect HTTP/1.1", host], status: 400),
        Row(name: "a space before the colon", lines: good("x-field : 1"), status: 400),
        Row(name: "a field without a name", lines: good(": 1"), status: 400),
        Row(name: "a field over two lines", lines: good("x-field: 1", " 2"), status: 400),
        Row(name: "a NUL in a field", lines: good("x-field: \u{0}"), status: 400),
        Row(name: "a bare CR in a field", lines: good("x-field: 1\r2"), status: 400),
        Row(name: "a bare LF after each line", lines: good(), end: "\n", status: 400),
    ]

    static let rules: [Row] = [
        Row(name: "no Host", lines: [get] + upgrade, status: 400),
        Row(name: "two Hosts", lines: good("host: other"), status: 400),
        Row(name: "a length and chunks", lines: good("content-length: 3", "transfer-encoding: chunked"), status: 400),
        Row(name: "two lengths", lines: good("content-length: 3", "content-length: 4"), status: 400),
        Row(name: "a negative length", lines: good("content-length: -1"), status: 400),
        Row(name: "chunks that are not the last", lines: good("transfer-encoding: chunked, gzip"), status: 400),
        Row(name: "an upgrade with a body", lines: good("content-length: 3"), after: "abc", status: 400),
        Row(
            name: "an upgrade with chunks", lines: good("transfer-encoding: chunked"), after: "3\r\nabc\r\n0\r\n\r\n",
            status: 400),
        Row(name: "two keys", lines: good("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="), status: 400),
        Row(name: "an empty key", lines: good("sec-websocket-key:", without: "sec-websocket-key"), status: 400),
        Row(
            name: "a key of 15 bytes",
            lines: good("sec-websocket-key: AAAAAAAAAAAAAAAAAAAA", without: "sec-websocket-key"),
            status: 400),
        Row(
            name: "a key that is no base64",
            lines: good("sec-websocket-key: !!!!!!!!!!!!!!!!!!!!!!==", without: "sec-websocket-key"), status: 400),
        Row(name: "two versions", lines: good("sec-websocket-version: 8"), status: 426, answer: version),
        Row(
            name: "HTTP/1.0", lines: ["GET /v1/connect HTTP/1.0", host] + upgrade + [protocols], status: 426,
            answer: ("upgrade", "websocket")),
        Row(
            name: "an upgrade to something else", lines: good("upgrade: h2c", without: "upgrade"), status: 426,
            answer: ("upgrade", "websocket")),
        Row(
            name: "no Connection field", lines: good(without: "connection"), status: 426,
            answer: ("upgrade", "websocket")),
        Row(name: "PUT", lines: ["PUT /v1/connect HTTP/1.1", host] + upgrade, status: 405, answer: ("allow", "GET")),
        Row(name: "no token", lines: good(), status: 401, answer: ("www-authenticate", "Bearer")),
        Row(name: "no token, at another path", lines: ["GET /chat HTTP/1.1", host] + upgrade, status: 404),
    ]

    static let version = ("sec-websocket-version", "13")

    static let sizes: [Row] = [
        Row(name: "a target of 2,049", lines: ["GET /\(letters(2048)) HTTP/1.1", host], status: 414),
        Row(
            name: "a query of 2,049", lines: ["GET /v1/connect?\(letters(2048)) HTTP/1.1", host] + upgrade, status: 414),
        Row(name: "a target without end", lines: ["GET /\(letters(17_000))"], status: 431),
        Row(name: "a field of 16 KiB", lines: good("x-field: \(letters(16 * 1024))"), status: 431),
        Row(name: "a name of 16 KiB", lines: good("\(letters(16 * 1024)): 1"), status: 431),
        Row(name: "many small fields", lines: good() + (0..<99).map { "x-field-\($0): 1" }, status: 431),
        Row(name: "16 KiB in all", lines: good() + (0..<17).map { "x-\($0): \(letters(1024))" }, status: 431),
    ]

    static func letters(_ count: Int) -> String { String(repeating: "x", count: count) }

    @Test(arguments: syntax + rules + sizes) func isAnswered(_ row: Row) async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                try await client.write(row.lines.map { $0 + row.end }.joined() + row.end + row.after)
                let response = await client.response()
                #expect(response?.status == row.status)
                #expect(response?.body.contains(#""code""#) == true)
                #expect(response?.headers["connection"] == "close")
                if let (name, value) = row.answer { #expect(response?.headers[name] == value) }
                #expect(await client.frame() == .end)
            }
            #expect(server.store.commands.isEmpty)
        }
    }

    /// The second is not HTTP any more: as a frame, its first byte has reserved bits.
    @Test func twoUpgradesInOneWrite() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                let request = Self.good("authorization: Bearer \(try server.userToken())").map { $0 + "\r\n" }.joined()
                try await client.write(request + "\r\n" + request + "\r\n")
                #expect(await client.response()?.status == 101)
                guard case .data(.text, _) = await client.frame(), case .close(1002, _) = await client.frame() else {
                    Issue.record("no welcome and close")
                    return
                }
                #expect(await client.frame() == .end)
            }
        }
    }

    /// One answer, whatever else was sent with it: only the first request of a connection can be an upgrade.
    @Test func nothingIsServedAfterARefusedUpgrade() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                let request = Self.good().map { $0 + "\r\n" }.joined() + "\r\n"
                try await client.write(request + "GET /healthz HTTP/1.1\r\n\(Self.host)\r\n\r\n")
                #expect(await client.response()?.status == 401)
                #expect(await client.frame() == .end)
            }
        }
    }

    /// NIO's decoder reads nothing after a request that asked for an upgrade: what came would only be kept.
    @Test func anUpgradeOfAnotherRequestEndsTheConnection() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                let response = try await client.request("GET", "/healthz", ["upgrade: h2c", "connection: upgrade"])
                #expect(response?.status == 200)
                #expect(response?.headers["connection"] == "close")
                #expect(await client.frame() == .end)
            }
        }
    }

    /// A frame that came with the request is the session's first.
    @Test func aFrameRightBehindTheRequest() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                let request = Self.good("authorization: Bearer \(try server.userToken())").map { $0 + "\r\n" }.joined()
                try await client.write(Array((request + "\r\n").utf8) + ClientFrame.text(#"{"ping": {}}"#))
                #expect(await client.response()?.status == 101)
                #expect(await client.text()?.contains("welcome") == true)
                #expect(await client.text() == #"{"pong":{}}"#)
            }
        }
    }
}
