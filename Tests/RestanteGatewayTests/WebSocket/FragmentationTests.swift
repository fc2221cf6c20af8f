import Testing

@testable import RestanteGateway

/// RFC 6455 §5.4: messages of several frames, and control frames between them. Autobahn 5.*, 10.*.
struct FragmentationTests {
    private typealias Frame = ClientFrame

    static let rows: [WebSocketCase] = [
        WebSocketCase(name: "5.1 ping in fragments", bytes: Frame.bytes(0x09, [1]) + Frame.end("b"), close: 1002),
        WebSocketCase(name: "5.2 pong in fragments", bytes: Frame.bytes(0x0A, [1]) + Frame.end("b"), close: 1002),
        WebSocketCase(
            name: "5.3 to 5.5 text in two", bytes: Frame.begin("frag") + Frame.end("ment"),
            messages: [.text("fragment")]),
        WebSocketCase(
            name: "5.6 to 5.8 ping in between", bytes: Frame.begin("frag") + Frame.ping([1]) + Frame.end("ment"),
            messages: [.text("fragment")], pongs: [[1]]),
        WebSocketCase(name: "5.9 to 5.12 nothing to continue", bytes: Frame.end("a") + Frame.text("b"), close: 1002),
        WebSocketCase(
            name: "5.13, 5.14 nothing to continue, not final", bytes: Frame.go("a") + Frame.text("b"), close: 1002),
        WebSocketCase(
            name: "5.15 nothing to continue after a whole message",
            bytes: Frame.begin("a") + Frame.end("b") + Frame.go("c") + Frame.text("d"), messages: [.text("ab")],
            close: 1002),
        WebSocketCase(
            name: "5.16, 5.17 continuations that never began, twice",
            bytes: Frame.go("a") + Frame.begin("b") + Frame.end("c"), close: 1002),
        WebSocketCase(
            name: "5.18 a message before the end of the last", bytes: Frame.begin("a") + Frame.text("b"), close: 1002),
        WebSocketCase(
            name: "the same, begun only", bytes: Frame.begin("a") + Frame.bytes(0x02, [1]), close: 1002),
        WebSocketCase(
            name: "5.19, 5.20 five fragments and two pings",
            bytes: Frame.begin("1") + Frame.go("2") + Frame.ping([7]) + Frame.go("3") + Frame.go("4") + Frame.ping([8])
                + Frame.end("5"),
            messages: [.text("12345")], pongs: [[7], [8]]),
        WebSocketCase(
            name: "6.1.2 three empty fragments", bytes: Frame.begin("") + Frame.go("") + Frame.end(""),
            messages: [.text("")]),
        WebSocketCase(
            name: "6.1.3 only the middle is not empty", bytes: Frame.begin("") + Frame.go("mid") + Frame.end(""),
            messages: [.text("mid")]),
        WebSocketCase(
            name: "binary in fragments", bytes: Frame.bytes(0x02, [0xFF]) + Frame.bytes(0x80, [0xFE]),
            messages: [.binary([0xFF, 0xFE])]),
        WebSocketCase(
            name: "7.1.5 a close frame in the middle of a message",
            bytes: Frame.begin("a") + Frame.close(1000) + Frame.end("b"), close: 1000),
    ]

    @Test(arguments: rows) func comesTo(_ row: WebSocketCase) throws {
        try row.check(chopped: false)
        try row.check(chopped: true)
    }

    /// 10.1.1: a client that cuts whatever it sends.
    @Test func textCutByTheClient() throws {
        let text = [UInt8](repeating: 0x2A, count: 65536)
        let pieces = stride(from: 0, to: text.count, by: 1300).map { Array(text[$0..<min($0 + 1300, text.count)]) }
        let frames = pieces.enumerated().flatMap { index, piece in
            Frame.bytes((index == 0 ? 1 : 0) | (index == pieces.count - 1 ? 0x80 : 0), piece)
        }
        try WebSocketCase(name: "", bytes: frames, messages: [WebSocketMessage(.text, text)]).check(chopped: false)
    }

    /// A subprotocol speaks one type: the other is refused at its header, in whatever frames it comes.
    @Test(arguments: [WebSocketMessage.Kind.text, .binary]) func ofTheWrongType(expected: WebSocketMessage.Kind) throws
    {
        let (right, wrong): (UInt8, UInt8) = expected == .text ? (1, 2) : (2, 1)
        for bits in [0x80, 0x00] as [UInt8] {
            let row = WebSocketCase(
                name: "", bytes: Frame.bytes(0x80 | right, [0x61]) + Frame.bytes(bits | wrong, [0x61]),
                messages: [WebSocketMessage(expected, [0x61])], close: 1003)
            try row.check(chopped: false, expected: expected)
            try row.check(chopped: true, expected: expected)
        }
    }
}
