import NIOCore
import Testing

@testable import RestanteGateway

/// The limit of a message: by the bytes of all its frames, judged at each header. Autobahn 9.* in small.
struct MessageLimitTests {
    private typealias Frame = ClientFrame
    static let limit = 1000
    static let half = String(repeating: "h", count: limit / 2)

    static let rows: [WebSocketCase] = [
        WebSocketCase(name: "the longest", bytes: Frame.text(half + half), messages: [.text(half + half)]),
        WebSocketCase(
            name: "the longest, in fragments", bytes: Frame.begin(half) + Frame.go(half) + Frame.end(""),
            messages: [.text(half + half)]),
        WebSocketCase(name: "a byte more", bytes: Frame.text(half + half + "x"), close: 1009),
        WebSocketCase(
            name: "a byte more, in fragments", bytes: Frame.begin(half) + Frame.go(half) + Frame.end("x"), close: 1009),
        WebSocketCase(
            name: "the limit is of one message", bytes: Frame.begin(half) + Frame.end(half) + Frame.text(half),
            messages: [.text(half + half), .text(half)]),
    ]

    @Test(arguments: rows) func comesTo(_ row: WebSocketCase) throws {
        try row.check(chopped: false, maximumBytes: Self.limit)
        try row.check(chopped: true, maximumBytes: Self.limit)
    }

    /// The header alone is enough: nothing of the payload is waited for, nothing is allocated for it.
    @Test(arguments: [1001, 65536, 1 << 40, Int.max]) func refusedAtTheHeader(length: Int) throws {
        let channel = try WebSocketChannel(maximumBytes: Self.limit)
        var header = ByteBuffer()
        header.writeInteger(0x82 as UInt8)
        if length < 65536 {
            header.writeMultipleIntegers(0xFE as UInt8, UInt16(length))
        } else {
            header.writeMultipleIntegers(0xFF as UInt8, UInt64(length))
        }
        try channel.receive(header.readableBytesView)
        // The mask comes last; only with it is the header whole.
        #expect(channel.isOpen)
        try channel.receive([1, 2, 3, 4])
        guard case .close(1009, _)? = try channel.frames().first else {
            Issue.record("not refused")
            return
        }
    }

    /// What is announced costs nothing: memory follows what has come.
    @Test func nothingIsAllocatedForAnAnnouncement() throws {
        var assembler = MessageAssembler(maximumBytes: 1 << 40, expected: nil)
        try assembler.begin(FrameHeader(isFinal: true, opcode: .binary, length: 1 << 40, mask: 0))
        var mask = Mask(0)
        try [1, 2, 3].withUnsafeBytes { try assembler.append($0, &mask) }
        #expect(assembler.capacity < 1024)
    }

    /// 9.3.*: a fragment costs what its bytes cost, however many there are.
    @Test(.timeLimit(.minutes(5))) func manyFragments() throws {
        let channel = try WebSocketChannel(maximumBytes: 4 << 20)
        let piece = [UInt8](repeating: 0x2A, count: 64)
        let middle = (0..<256).flatMap { _ in Frame.bytes(0x00, piece) }
        try channel.receive(Frame.bytes(0x01, piece))
        for _ in 0..<64 { try channel.receive(middle) }
        try channel.receive(Frame.bytes(0x80, piece))
        let messages = try channel.messages()
        #expect(messages.count == 1)
        #expect(messages.first?.bytes.count == 64 * (64 * 256 + 2))
    }

    /// A frame that ends a read leaves nothing behind that holds on to the read.
    @Test func halfAHeaderIsKeptForTheNextRead() throws {
        let channel = try WebSocketChannel()
        let second = Frame.text("second")
        try channel.receive(Frame.text("first") + second.prefix(3))
        #expect(try channel.messages() == [.text("first")])
        try channel.receive(second.dropFirst(3))
        #expect(try channel.messages() == [.text("second")])
    }
}
