import Testing

@testable import RestanteGateway

/// RFC 6455 §8.1: text is UTF-8, and what is not is refused at the byte that shows it. Autobahn 6.*.
struct TextTests {
    private typealias Frame = ClientFrame

    /// Bytes that are no UTF-8, and how many of them it takes to know.
    struct Wrong: CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        /// Nil: only the end of the message shows it.
        var shownBy: Int?
        var testDescription: String { name }
    }

    static let wrong: [Wrong] = [
        Wrong(name: "6.3.1 a surrogate after Greek", bytes: greek + [0xED, 0xA0, 0x80], shownBy: 13),
        Wrong(name: "6.4.1 beyond U+10FFFF after Greek", bytes: greek + [0xF4, 0x90, 0x80, 0x80], shownBy: 13),
        Wrong(name: "6.6.1 one byte of two", bytes: [0xCE], shownBy: nil),
        Wrong(name: "6.6.3 two bytes of three", bytes: [0xE1, 0xBD], shownBy: nil),
        Wrong(name: "6.6.5 three bytes of four", bytes: [0xF0, 0x90, 0x8D], shownBy: nil),
        Wrong(name: "6.8.1 five bytes", bytes: [0xF8, 0x88, 0x80, 0x80, 0x80], shownBy: 1),
        Wrong(name: "6.8.2 six bytes", bytes: [0xFC, 0x84, 0x80, 0x80, 0x80, 0x80], shownBy: 1),
        Wrong(name: "6.10.2 U+110000", bytes: [0xF4, 0x90, 0x80, 0x80], shownBy: 2),
        Wrong(name: "6.11.5 U+13FFFF", bytes: [0xF5, 0x80, 0x80, 0x80], shownBy: 1),
        Wrong(name: "6.12.1 a continuation alone", bytes: [0x80], shownBy: 1),
        Wrong(name: "6.12.2 the last continuation alone", bytes: [0xBF], shownBy: 1),
        Wrong(name: "6.13.1 a first byte and a space", bytes: [0xC3, 0x20], shownBy: 2),
        Wrong(name: "6.13.2 a first byte of three and a space", bytes: [0xE4, 0x20], shownBy: 2),
        Wrong(name: "6.14.1 a first byte after the other", bytes: [0xE4, 0xC3], shownBy: 2),
        Wrong(name: "6.14.3 the third byte is none", bytes: [0xE4, 0xBD, 0x41], shownBy: 3),
        Wrong(name: "the fourth byte is none", bytes: [0xF0, 0x9F, 0x98, 0x41], shownBy: 4),
        Wrong(name: "6.16.1 FE", bytes: [0xFE], shownBy: 1),
        Wrong(name: "6.16.2 FF", bytes: [0xFF], shownBy: 1),
        Wrong(name: "6.17.1 '/' in two bytes", bytes: [0xC0, 0xAF], shownBy: 1),
        Wrong(name: "6.17.2 '/' in three", bytes: [0xE0, 0x80, 0xAF], shownBy: 2),
        Wrong(name: "6.17.3 '/' in four", bytes: [0xF0, 0x80, 0x80, 0xAF], shownBy: 2),
        Wrong(name: "6.18.1 U+007F in two bytes", bytes: [0xC1, 0xBF], shownBy: 1),
        Wrong(name: "6.18.2 U+07FF in three", bytes: [0xE0, 0x9F, 0xBF], shownBy: 2),
        Wrong(name: "6.18.3 U+FFFF in four", bytes: [0xF0, 0x8F, 0xBF, 0xBF], shownBy: 2),
        Wrong(name: "6.19.1 U+0000 in two bytes", bytes: [0xC0, 0x80], shownBy: 1),
        Wrong(name: "6.20.1 U+D800", bytes: [0xED, 0xA0, 0x80], shownBy: 2),
        Wrong(name: "6.20.7 U+DFFF", bytes: [0xED, 0xBF, 0xBF], shownBy: 2),
        Wrong(name: "6.21.1 a pair of surrogates", bytes: [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80], shownBy: 2),
        Wrong(name: "in the ninth byte of ASCII", bytes: Array("eight by".utf8) + [0xFF], shownBy: 9),
    ]

    static let greek: [UInt8] = [0xCE, 0xBA, 0xE1, 0xBD, 0xB9, 0xCF, 0x83, 0xCE, 0xBC, 0xCE, 0xB5]

    @Test(arguments: wrong) func isRefused(_ wrong: Wrong) throws {
        let row = WebSocketCase(name: "", bytes: Frame.bytes(0x81, wrong.bytes) + Frame.ping(), close: 1007)
        try row.check(chopped: false)
        try row.check(chopped: true)
    }

    /// 6.4.3, 6.4.4: in the middle of a frame, when its wrong byte has come and before the next.
    @Test(arguments: wrong.filter { $0.shownBy != nil }) func isRefusedAtTheByte(_ wrong: Wrong) throws {
        let channel = try WebSocketChannel()
        let shownBy = try #require(wrong.shownBy)
        // The frame goes on for long after what is sent of it.
        let header = Frame.bytes(0x81, wrong.bytes + .init(repeating: 0x61, count: 100)).prefix(6)
        let masked = Frame.bytes(0x81, wrong.bytes).dropFirst(6)
        try channel.receive(header)
        for byte in masked.prefix(shownBy - 1) { try channel.receive([byte]) }
        #expect(channel.isOpen)
        try channel.receive(masked.dropFirst(shownBy - 1).prefix(1))
        guard case .close(1007, _)? = try channel.frames().first else {
            Issue.record("not refused at byte \(shownBy)")
            return
        }
    }

    /// 6.4.1, 6.4.2: at the fragment that shows it, though the message goes on.
    @Test(arguments: wrong.filter { $0.shownBy != nil }) func isRefusedAtTheFragment(_ wrong: Wrong) throws {
        let channel = try WebSocketChannel()
        let shownBy = try #require(wrong.shownBy)
        try channel.receive(Frame.bytes(0x01, Array(wrong.bytes.prefix(shownBy - 1))))
        #expect(channel.isOpen)
        try channel.receive(Frame.bytes(0x00, [wrong.bytes[shownBy - 1]]))
        guard case .close(1007, _)? = try channel.frames().first else {
            Issue.record("not refused at the fragment")
            return
        }
    }

    static let good = [
        "", "Hello-µ@ßöäüàá-UTF-8!!", "κόσμε", "\u{0}", "\u{7F}", "\u{80}", "\u{7FF}", "\u{800}", "\u{FFFF}",
        "\u{FFFD}",
        "\u{D7FF}", "\u{E000}", "\u{10000}", "\u{10FFFF}", "eight by", "eight byté", String(repeating: "€", count: 99),
    ]

    /// 6.2.*, 6.5.*, 6.7.*, 6.9.*, 6.22.*: also when each byte is a fragment, or a read.
    @Test(arguments: good) func comesThrough(_ text: String) throws {
        let whole = WebSocketCase(name: "", bytes: Frame.text(text), messages: [.text(text)])
        try whole.check(chopped: false)
        try whole.check(chopped: true)
        let pieces = Frame.begin("") + text.utf8.flatMap { Frame.bytes(0x00, [$0]) } + Frame.end("")
        try WebSocketCase(name: "", bytes: pieces, messages: [.text(text)]).check(chopped: false)
    }

    /// Every two bytes, against the standard library.
    @Test func agreesWithTheStandardLibrary() {
        for first in 0...255 as ClosedRange<UInt8> {
            for second in 0...255 as ClosedRange<UInt8> {
                let bytes = [first, second, 0x80, 0x80].prefix(first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4)
                #expect(UTF8Stream.isValid(bytes) == (String(validating: bytes, as: UTF8.self) != nil), "\(bytes)")
            }
        }
    }

    @Test func binaryMayBeAnything() throws {
        let bytes = [UInt8](0...255)
        try WebSocketCase(name: "", bytes: Frame.bytes(0x82, bytes), messages: [.binary(bytes)]).check(chopped: true)
    }
}
