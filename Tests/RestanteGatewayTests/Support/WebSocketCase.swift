import NIOCore
import NIOWebSocket
import Testing

@testable import RestanteGateway

/// What a client sends, and what must come of it: one row of the tables of RFC 6455.
///
/// Where the Autobahn test suite has a case for a rule, the row's name begins with its number.
struct WebSocketCase: CustomTestStringConvertible {
    var name: String
    /// What the client sends, as one piece or octet by octet: both must come to the same.
    var bytes: [UInt8]
    /// What the session gets.
    var messages: [WebSocketMessage] = []
    /// Pongs, by their bodies.
    var pongs: [[UInt8]] = []
    /// The code that it ends with, if it ends; 0: a close frame without a code.
    var close: UInt16?
    var testDescription: String { name }

    func check(chopped: Bool, maximumBytes: Int = 1 << 20, expected: WebSocketMessage.Kind? = nil) throws {
        let channel = try WebSocketChannel(maximumBytes: maximumBytes, expected: expected)
        if chopped {
            for byte in bytes { try channel.receive(CollectionOfOne(byte)) }
        } else {
            try channel.receive(bytes)
        }
        #expect(try channel.messages() == messages)
        var frames = try channel.frames()
        if let close {
            let last = frames.popLast()
            guard case .close(close, _) = last else {
                Issue.record("ends with \(String(describing: last)), not \(close)")
                return
            }
            try Self.checkEnd(channel)
        } else {
            #expect(channel.isOpen)
        }
        #expect(frames == pongs.map { .data(.pong, $0) })
    }

    /// After the end nothing is heeded and nothing is said.
    private static func checkEnd(_ channel: WebSocketChannel) throws {
        #expect(!channel.isOpen)
        try channel.receive(ClientFrame.text("late") + ClientFrame.ping())
        #expect(try channel.messages().isEmpty)
        #expect(try channel.frames().isEmpty)
    }
}

extension WebSocketMessage {
    static func text(_ text: String) -> WebSocketMessage { WebSocketMessage(.text, Array(text.utf8)) }
    static func binary(_ bytes: [UInt8]) -> WebSocketMessage { WebSocketMessage(.binary, bytes) }
}

extension ClientFrame {
    static func text(_ text: String) -> [UInt8] { bytes(0x81, Array(text.utf8)) }

    /// The first frame of a text of several.
    static func begin(_ text: String) -> [UInt8] { bytes(0x01, Array(text.utf8)) }

    static func go(_ text: String) -> [UInt8] { bytes(0x00, Array(text.utf8)) }

    static func end(_ text: String) -> [UInt8] { bytes(0x80, Array(text.utf8)) }

    static func ping(_ body: [UInt8] = []) -> [UInt8] { bytes(0x89, body) }

    static func pong(_ body: [UInt8] = []) -> [UInt8] { bytes(0x8A, body) }

    static func close(_ code: UInt16, _ reason: [UInt8] = []) -> [UInt8] {
        bytes(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
    }
}
