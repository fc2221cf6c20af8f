import Testing

@testable import RestanteGateway

/// RFC 6455 §5.1, §5.2: bits and opcodes that mean nothing yet, masks, and lengths. Autobahn 3.*, 4.*.
struct ReservedTests {
    private typealias Frame = ClientFrame

    /// After a good message, so that it is seen to be answered, and before a ping, which must not be.
    private static func wrong(_ name: String, _ bytes: [UInt8], _ code: UInt16 = 1002) -> WebSocketCase {
        WebSocketCase(
            name: name, bytes: Frame.text("good") + bytes + Frame.ping(), messages: [.text("good")], close: code)
    }

    static let bits = (1...7).map { bits in
        wrong("3.\(bits) reserved bits \(bits)", Frame.bytes(0x81 | UInt8(bits) << 4, [0x61]))
    }

    static let moreBits = [
        wrong("3.5 reserved bits on a binary frame", Frame.bytes(0xD2, [0x61])),
        wrong("3.6 reserved bits on a ping", Frame.bytes(0xE9, [])),
        wrong("3.7 reserved bits on a close frame", Frame.bytes(0xF8, [])),
        wrong("reserved bits on a continuation", Frame.begin("a") + Frame.bytes(0xC0, [])),
    ]

    static let opcodes = ([3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8]).flatMap { opcode in
        [
            wrong("4.\(opcode < 8 ? 1 : 2).* opcode \(opcode)", Frame.bytes(0x80 | opcode, [])),
            wrong("4.\(opcode < 8 ? 1 : 2).* opcode \(opcode) with a payload", Frame.bytes(0x80 | opcode, [0x61])),
        ]
    }

    static let headers = [
        wrong("text without a mask", Frame.bytes(0x81, [0x61], masked: false)),
        wrong("ping without a mask", Frame.bytes(0x89, [], masked: false)),
        wrong("close without a mask", Frame.bytes(0x88, [], masked: false)),
        wrong("16 bits for a length of 125", [0x82, 0xFE, 0, 125]),
        wrong("64 bits for a length of 65,535", [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
        wrong("a length beyond 63 bits", [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]),
        wrong("16 bits for the length of a ping", [0x89, 0xFE, 0, 126]),
        wrong("64 bits for the length of a close frame", [0x88, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0]),
    ]

    @Test(arguments: bits + moreBits + opcodes + headers) func closes(_ row: WebSocketCase) throws {
        try row.check(chopped: false)
        try row.check(chopped: true)
    }

    /// What can be known from a byte is acted on at that byte: neither a length nor a payload is waited for.
    @Test(
        arguments: [
            [0x91], [0x83], [0x09], [0x81, 0x01], [0x89, 0xFE], [0x88, 0xFF], [0x82, 0xFE, 0, 125],
        ] as [[UInt8]])
    func refusesAtTheFirstWrongByte(_ bytes: [UInt8]) throws {
        let channel = try WebSocketChannel()
        for byte in bytes.dropLast() { try channel.receive([byte]) }
        #expect(channel.isOpen)
        try channel.receive(bytes.suffix(1))
        #expect(!channel.isOpen)
        guard case .close(1002, let reason)? = try channel.frames().first else {
            Issue.record("no close frame")
            return
        }
        #expect(!reason.isEmpty)
    }
}
