import NIOCore
import Testing

@testable import RestanteGateway

/// RFC 6455 §5.5.1, §7: the closing handshake from both sides. Autobahn 7.*.
struct ClosingTests {
    private typealias Frame = ClientFrame

    // MARK: - The client begins

    static let begun: [WebSocketCase] = [
        WebSocketCase(
            name: "7.1.1 a message, then close", bytes: Frame.text("a") + Frame.close(1000), messages: [.text("a")],
            close: 1000),
        WebSocketCase(name: "7.1.2 close twice", bytes: Frame.close(1000) + Frame.close(1000), close: 1000),
        WebSocketCase(name: "7.1.3 close, then ping", bytes: Frame.close(1000) + Frame.ping(), close: 1000),
        WebSocketCase(name: "7.1.4 close, then text", bytes: Frame.close(1000) + Frame.text("a"), close: 1000),
        WebSocketCase(name: "7.3.1 no body", bytes: Frame.bytes(0x88, []), close: 0),
        WebSocketCase(name: "7.3.2 a body of one byte", bytes: Frame.bytes(0x88, [0x03]), close: 1002),
        WebSocketCase(name: "7.3.4 a reason", bytes: Frame.close(1000, Array("bye".utf8)), close: 1000),
        WebSocketCase(
            name: "7.3.5 the longest reason", bytes: Frame.close(1000, .init(repeating: 0x2A, count: 123)), close: 1000),
        WebSocketCase(
            name: "7.3.6 a byte more", bytes: Frame.close(1000, .init(repeating: 0x2A, count: 124)), close: 1002),
        WebSocketCase(
            name: "7.5.1 a reason that is no text", bytes: Frame.close(1000, [0xED, 0xA0, 0x80]), close: 1007),
        WebSocketCase(name: "a reason that ends too early", bytes: Frame.close(1000, [0xC3]), close: 1007),
        WebSocketCase(name: "close in fragments", bytes: Frame.bytes(0x08, [0x03, 0xE8]), close: 1002),
    ]

    static let valid =
        (([1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014] as [UInt16])
        + [3000, 3999, 4000, 4999]).map {
            WebSocketCase(name: "7.7.* code \($0)", bytes: Frame.close($0, Array("bye".utf8)), close: $0)
        }

    static let invalid = (([0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] as [UInt16])).map {
        WebSocketCase(name: "7.9.*, 7.13.* code \($0)", bytes: Frame.close($0), close: 1002)
    }

    @Test(arguments: begun + valid + invalid) func answers(_ row: WebSocketCase) throws {
        try row.check(chopped: false)
        try row.check(chopped: true)
    }

    // MARK: - The server begins

    static let close = CloseWebSocket(code: 4409, reason: "displaced")

    @Test func waitsForThePeerAndEnds() throws {
        let channel = try WebSocketChannel()
        channel.close(Self.close)
        #expect(try channel.frames() == [.close(4409, "displaced")])
        channel.advance(by: WebSocketChannel.closeTimeout - .nanoseconds(1))
        #expect(channel.isOpen)
        try channel.receive(ClientFrame.close(4409))
        #expect(!channel.isOpen)
        #expect(try channel.frames().isEmpty)
    }

    @Test func cutsAPeerThatDoesNotAnswer() throws {
        let channel = try WebSocketChannel()
        channel.close(Self.close)
        try channel.receive(ClientFrame.bytes(0x81, [0x61]) + ClientFrame.bytes(0x89, []))
        #expect(try channel.messages().isEmpty)
        channel.advance(by: WebSocketChannel.closeTimeout)
        #expect(!channel.isOpen)
        #expect(try channel.frames() == [.close(4409, "displaced")])
    }

    @Test func writesNothingAfterTheCloseFrame() throws {
        let channel = try WebSocketChannel()
        channel.close(Self.close)
        channel.close(CloseWebSocket(code: 1001, reason: "too late"))
        #expect(throws: ChannelError.ioOnClosedChannel) { try channel.write("more").wait() }
        #expect(try channel.frames() == [.close(4409, "displaced")])
    }

    /// What breaks a rule now ends it at once; the close frame is out already.
    @Test func endsAtAViolationWhileItWaits() throws {
        let channel = try WebSocketChannel()
        channel.close(Self.close)
        try channel.receive(Frame.bytes(0x83, []))
        #expect(!channel.isOpen)
        #expect(try channel.frames() == [.close(4409, "displaced")])
    }

    @Test func cutsLongReasonsBetweenCharacters() throws {
        let channel = try WebSocketChannel()
        channel.close(CloseWebSocket(code: 1011, reason: String(repeating: "é", count: 70)))
        #expect(try channel.frames() == [.close(1011, String(repeating: "é", count: 61))])
    }
}
