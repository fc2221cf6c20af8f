import NIOCore
import NIOWebSocket
import Testing

@testable import RestanteGateway

/// RFC 6455 §5.2, §5.5.2, §5.6: messages of one frame, and pings. Autobahn 1.*, 2.*.
struct FramingTests {
    private typealias Frame = ClientFrame

    /// The lengths at which a header changes its form.
    static let messages = [0, 1, 125, 126, 127, 128, 65535, 65536].enumerated().flatMap { index, count in
        let text = String(repeating: "*", count: count)
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 0xFE) }
        return [
            WebSocketCase(name: "1.1.\(index + 1) text of \(count)", bytes: Frame.text(text), messages: [.text(text)]),
            WebSocketCase(
                name: "1.2.\(index + 1) binary of \(count)", bytes: Frame.bytes(0x82, bytes),
                messages: [.binary(bytes)]),
        ]
    }

    static let pings: [WebSocketCase] = [
        WebSocketCase(name: "2.1 ping without a body", bytes: Frame.ping(), pongs: [[]]),
        WebSocketCase(name: "2.2 ping with text", bytes: Frame.ping([0x48, 0x69]), pongs: [[0x48, 0x69]]),
        WebSocketCase(
            name: "2.3 ping with binary that is no text", bytes: Frame.ping([0x00, 0xFF, 0xFE, 0x80]),
            pongs: [[0x00, 0xFF, 0xFE, 0x80]]),
        WebSocketCase(
            name: "2.4, 2.6 ping of 125", bytes: Frame.ping(.init(repeating: 0xFE, count: 125)),
            pongs: [.init(repeating: 0xFE, count: 125)]),
        WebSocketCase(
            name: "2.5 ping of 126", bytes: Frame.ping(.init(repeating: 0xFE, count: 126)) + Frame.ping(), close: 1002),
        WebSocketCase(name: "2.7 pong without a body", bytes: Frame.pong()),
        WebSocketCase(name: "2.8 pong that nobody asked for", bytes: Frame.pong([1, 2, 3])),
        WebSocketCase(name: "2.9 pong, then ping", bytes: Frame.pong([1, 2]) + Frame.ping([3]), pongs: [[3]]),
        WebSocketCase(
            name: "2.10, 2.11 ten pings", bytes: (0..<10).flatMap { Frame.ping([$0]) }, pongs: (0..<10).map { [$0] }),
    ]

    static let several = [
        WebSocketCase(
            name: "several frames in one read", bytes: Frame.text("one") + Frame.ping([1]) + Frame.bytes(0x82, [2]),
            messages: [.text("one"), .binary([2])], pongs: [[1]])
    ]

    @Test(arguments: messages + pings + several) func comesTo(_ row: WebSocketCase) throws {
        try row.check(chopped: false)
        try row.check(chopped: true)
    }

    /// The key goes round by four, wherever the payload is cut.
    @Test(arguments: 1...17) func unmasksAcrossReads(size: Int) throws {
        let payload = (0..<100).map { UInt8($0) }
        let channel = try WebSocketChannel()
        let bytes = Frame.bytes(0x82, payload)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try channel.receive(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(try channel.messages() == [.binary(payload)])
    }

    /// The two ways that the store's answers go: short and long forms of the length.
    @Test(arguments: [0, 125, 126, 65535, 65536]) func writesFrames(count: Int) throws {
        let channel = try WebSocketChannel()
        let text = String(repeating: "x", count: count)
        try channel.write(text).wait()
        #expect(try channel.frames() == [.data(.text, Array(text.utf8))])
    }
}
