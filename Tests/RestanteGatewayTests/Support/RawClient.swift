import NIOCore
import NIOPosix
import NIOSSL
import NIOWebSocket
import RestanteCore
import TestKit
import Testing

@testable import RestanteGateway

/// A client that writes what it is told, right or wrong, and reads what comes.
final class RawClient {
    private let channel: any Channel
    private let inbox: Inbox
    private var buffer = ByteBuffer()

    struct Response: Equatable {
        var status: Int
        var headers: [String: String]
        var body: String
        /// Status line, headers and body, as they came.
        var raw: String
    }

    enum Frame: Equatable {
        case data(WebSocketOpcode, [UInt8])
        case close(UInt16, String)
        case end
    }

    private init(_ channel: any Channel, _ inbox: Inbox) {
        self.channel = channel
        self.inbox = inbox
    }

    /// - Parameters:
    ///   - address: of this machine, to come from; nil: as the system likes.
    ///   - tls: with it the client speaks TLS, and verifies the server as it says.
    ///   - halfClosing: the client does not close when the server does.
    static func with(
        _ server: TestServer, from address: String? = nil, tls: NIOSSLContext? = nil, halfClosing: Bool = false,
        _ body: (RawClient) async throws -> Void
    ) async throws {
        let inbox = Inbox()
        var bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: halfClosing)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: TestAuthority.server)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(inbox)
                }
            }
        if let address { bootstrap = bootstrap.bind(to: try SocketAddress(ipAddress: address, port: 0)) }
        let channel =
            try await bootstrap
            .connect(host: server.host, port: server.port).get()
        do {
            try await body(RawClient(channel, inbox))
        } catch {
            try? await channel.close()
            throw error
        }
        try? await channel.close()
    }

    /// Whether the connection was reset rather than closed.
    var wasReset: Bool { inbox.hasFailed }

    func write(_ text: String) async throws { try await write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) async throws { try await channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    /// What TLS has agreed on, once something has been read.
    func agreed() async throws -> (certificate: NIOSSLCertificate?, version: TLSVersion?) {
        let version = try await channel.nioSSL_tlsVersion().get()
        return (try await channel.nioSSL_peerCertificate().get(), version)
    }

    /// Ends the connection without a word of TLS.
    func cut() async throws {
        try await channel.eventLoop.submit { [channel] in
            // From there on towards the socket, so that TLS does not learn of it.
            try channel.pipeline.syncOperations.context(handlerType: NIOSSLClientHandler.self).close(promise: nil)
        }.get()
    }

    /// What ALPN has agreed on.
    var negotiated: String? { inbox.negotiated }

    /// The errors that the connection has ended with, or has had.
    var errors: [any Error] { inbox.errors }

    /// More bytes, or false at the end of the connection, however it came.
    private func more() async -> Bool {
        guard let part = await inbox.next() else { return false }
        buffer.writeImmutableBuffer(part)
        return true
    }

    // MARK: - HTTP

    func request(_ method: String, _ path: String, _ headers: [String] = [], body: String = "") async throws
        -> Response?
    {
        try await ask(method, path, headers, body: body)
        return await response()
    }

    /// Writes a request and does not wait for its response.
    func ask(_ method: String, _ path: String, _ headers: [String] = [], body: String = "") async throws {
        var lines = ["\(method) \(path) HTTP/1.1", "host: test"] + headers
        if !body.isEmpty { lines.append("content-length: \(body.utf8.count)") }
        try await write(lines.joined(separator: "\r\n") + "\r\n\r\n" + body)
    }

    /// The next response; nil if the connection ended instead.
    func response() async -> Response? {
        guard let head = await until("\r\n\r\n") else { return nil }
        let lines = head.split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts[1].drop { $0 == " " }.description
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        let length = headers["content-length"].flatMap(Int.init) ?? 0
        while buffer.readableBytes < length {
            guard await more() else { return nil }
        }
        let body = buffer.readString(length: length) ?? ""
        return Response(status: status, headers: headers, body: body, raw: head + body)
    }

    private func until(_ mark: String) async -> String? {
        var text = ""
        while !text.hasSuffix(mark) {
            if let next = buffer.readString(length: 1) {
                text += next
            } else if await !more() {
                return nil
            }
        }
        return text
    }

    // MARK: - WebSocket

    func upgrade(_ headers: [String]) async throws -> Response? {
        try await request("GET", "/v1/connect", Self.upgradeHeaders + headers)
    }

    static let upgradeHeaders = [
        "upgrade: websocket", "connection: Upgrade", "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
    ]

    /// Upgrades with a good token.
    func connect(_ server: TestServer, as format: String = "restante.v1.json") async throws -> Response? {
        try await upgrade(["authorization: Bearer \(server.userToken())", "sec-websocket-protocol: \(format)"])
    }

    /// The same as a proxy of somebody at that address.
    func connect(_ server: TestServer, for address: String) async throws -> Response? {
        try await upgrade([
            "authorization: Bearer \(server.userToken())", "sec-websocket-protocol: restante.v1.json",
            "x-forwarded-for: \(address)",
        ])
    }

    /// Connects, and takes the welcome.
    func open(_ server: TestServer) async throws {
        #expect(try await connect(server)?.status == 101)
        #expect(await text()?.contains(#""welcome""#) == true)
    }

    /// Tries again until a device of alice's is let in.
    static func untilConnected(_ server: TestServer, as device: String) async throws {
        var status: Int?
        let address = DeviceAddress(user: TestKeys.alice.user, device: DeviceName(unchecked: device))
        while status != 101 {
            try? await with(server) { client in
                status = try await client.upgrade([
                    "authorization: Bearer \(server.userToken(address))", "sec-websocket-protocol: restante.v1.json",
                ])?.status
            }
        }
    }

    /// Whether what comes is read from the socket.
    func setReading(_ now: Bool) async throws { try await channel.setOption(.autoRead, value: now).get() }

    /// Reads on until the server has ended the connection.
    func untilEnd() async { while await more() {} }

    func send(_ text: String) async throws { try await send(.text, Array(text.utf8)) }

    func send(_ opcode: WebSocketOpcode, _ bytes: [UInt8]) async throws {
        try await write(ClientFrame.bytes(0x80 | opcode.byte, bytes))
    }

    /// The next frame, unmasked as servers send them.
    func frame() async -> Frame {
        while true {
            if let frame = Frame.read(from: &buffer) { return frame }
            guard await more() else { return .end }
        }
    }

    /// The next text frame.
    func text() async -> String? {
        guard case .data(.text, let bytes) = await frame() else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension RawClient.Frame {
    /// Takes the first frame out of what a server wrote; nil, and nothing taken, if it is not all there.
    static func read(from buffer: inout ByteBuffer) -> RawClient.Frame? {
        var copy = buffer
        guard let first = copy.readInteger(as: UInt8.self), let second = copy.readInteger(as: UInt8.self),
            let length = length(second, &copy), let bytes = copy.readBytes(length: length)
        else { return nil }
        buffer = copy
        if first & 0x0F == 8 {
            guard bytes.count >= 2 else { return .close(0, "") }
            return .close(UInt16(bytes[0]) << 8 | UInt16(bytes[1]), String(decoding: bytes.dropFirst(2), as: UTF8.self))
        }
        return WebSocketOpcode(encodedWebSocketOpcode: first & 0x0F).map { .data($0, bytes) }
    }

    private static func length(_ second: UInt8, _ buffer: inout ByteBuffer) -> Int? {
        switch second & 0x7F {
        case 126: buffer.readInteger(as: UInt16.self).map(Int.init)
        case 127: buffer.readInteger(as: UInt64.self).map(Int.init)
        case let short: Int(short)
        }
    }
}

/// Frames as a client writes them, with a fixed mask.
enum ClientFrame {
    static let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]

    /// - Parameter first: FIN, reserved bits and opcode.
    static func bytes(_ first: UInt8, _ payload: [UInt8], masked: Bool = true) -> [UInt8] {
        var frame = [first]
        let bit: UInt8 = masked ? 0x80 : 0
        switch payload.count {
        case ..<126: frame.append(bit | UInt8(payload.count))
        case ..<65536: frame += [bit | 126, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)]
        default: frame += [bit | 127] + (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        guard masked else { return frame + payload }
        return frame + mask + payload.enumerated().map { $1 ^ mask[$0 % 4] }
    }
}

extension WebSocketOpcode {
    var byte: UInt8 {
        switch self {
        case .text: 1
        case .binary: 2
        case .connectionClose: 8
        case .ping: 9
        case .pong: 10
        default: 0
        }
    }
}
