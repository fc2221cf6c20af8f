import ArgumentParser

/// How a stranger holds a connection without saying who it is.
enum StrangerKind: String, CaseIterable, Encodable, ExpressibleByArgument {
    /// Connects and says nothing.
    case silent
    /// A request, a byte a second.
    case slow
    /// Most of a request, and nothing more.
    case half
    /// Half of a TLS hello, and nothing more; for servers that do TLS.
    case hello

    /// Whether it goes through the handshake of TLS first, where the server does TLS.
    var isSecure: Bool { self == .slow || self == .half }

    /// What it says as soon as it is connected.
    var opening: [UInt8] {
        switch self {
        case .silent, .slow: []
        case .half: Self.request
        case .hello: Self.halfHello
        }
    }

    /// A good request, but for its last line and its token.
    static let request = Array(
        ("GET /v1/connect HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n").utf8)

    /// A record that announces 512 bytes, a ClientHello of TLS 1.2 in it (RFC 8446 §4.1.2), and its first 67: random and
    /// session id.
    private static let halfHello: [UInt8] =
        [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC, 3, 3] + [UInt8](repeating: 0x5C, count: 32)
        + [32] + [UInt8](repeating: 0xC5, count: 32)
}
