import NIOWebSocket
import Testing

@testable import RestanteGateway

/// What RFC 6455 asks of a server and NIO's decoder leaves to us, frame by frame.
struct FrameGuardTests {
    /// Bytes that break a rule, and the code that they are closed with.
    struct Wrong: CustomTestStringConvertible {
        var rule: String
        var bytes: [UInt8]
        var code: UInt16 = 1002
        var testDescription: String { rule }
    }

    static func close(_ code: UInt16, _ reason: [UInt8] = []) -> [UInt8] {
        ClientFrame.bytes(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
    }

    static let wrong: [Wrong] =
        [
            Wrong(rule: "unmasked text", bytes: ClientFrame.bytes(0x81, [0x61], masked: false)),
            Wrong(rule: "unmasked ping", bytes: ClientFrame.bytes(0x89, [], masked: false)),
            Wrong(rule: "RSV1", bytes: ClientFrame.bytes(0xC1, [0x61])),
            Wrong(rule: "RSV2", bytes: ClientFrame.bytes(0xA1, [0x61])),
            Wrong(rule: "RSV3", bytes: ClientFrame.bytes(0x91, [0x61])),
            Wrong(rule: "RSV1 on a control frame", bytes: ClientFrame.bytes(0xC9, [])),
            Wrong(rule: "fragmented close", bytes: ClientFrame.bytes(0x08, [])),
            Wrong(rule: "fragmented ping", bytes: ClientFrame.bytes(0x09, [])),
            Wrong(rule: "fragmented pong", bytes: ClientFrame.bytes(0x0A, [])),
            Wrong(rule: "ping of 126 bytes", bytes: ClientFrame.bytes(0x89, .init(repeating: 0x61, count: 126))),
            Wrong(rule: "close of 126 bytes", bytes: close(1000, .init(repeating: 0x61, count: 124))),
            Wrong(rule: "close body of one byte", bytes: ClientFrame.bytes(0x88, [0x03])),
            Wrong(rule: "close reason not UTF-8", bytes: close(1000, [0xC3, 0x28]), code: 1007),
            Wrong(
                rule: "frame too large",
                bytes: ClientFrame.bytes(0x81, .init(repeating: 0x61, count: GuardedChannel.frameBytes + 1)), code: 1009
            ),
            Wrong(
                rule: "length beyond 63 bits", bytes: [0x81, 0xFF] + .init(repeating: 0xFF, count: 8), code: 1009),
        ]
        + ([3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF] as [UInt8]).map {
            Wrong(rule: "reserved opcode \($0)", bytes: ClientFrame.bytes(0x80 | $0, []))
        }
        + ([0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] as [UInt16]).map {
            Wrong(rule: "reserved close code \($0)", bytes: close($0))
        }

    /// One close frame and no word more; nothing that comes after it is heeded; the socket goes in the end.
    @Test(arguments: wrong) func closesOn(_ wrong: Wrong) throws {
        let channel = try GuardedChannel()
        try channel.receive(wrong.bytes)
        let frames = try channel.frames()
        guard frames.count == 1, case .close(wrong.code, let reason)? = frames.first else {
            Issue.record("answered with \(frames)")
            return
        }
        #expect(!reason.isEmpty)
        // The decoder may have given up: its complaint about more bytes is no news.
        try channel.receive(ClientFrame.bytes(0x81, [0x61]) + ClientFrame.bytes(0x89, []))
        #expect(try channel.messages().isEmpty)
        #expect(try channel.frames().isEmpty)
        channel.advance(by: GuardedChannel.closeTimeout)
        #expect(!channel.isOpen)
    }

    @Test(arguments: [0, 1, 4, 7, 8, 9, 125]) func answersPings(bytes: Int) throws {
        let channel = try GuardedChannel()
        let body = (0..<bytes).map { UInt8($0) }
        try channel.receive(ClientFrame.bytes(0x89, body))
        #expect(try channel.frames() == [.data(.pong, body)])
    }

    @Test func takesPongsInSilence() throws {
        let channel = try GuardedChannel()
        try channel.receive(ClientFrame.bytes(0x8A, [1, 2, 3]))
        #expect(try channel.frames().isEmpty)
        #expect(channel.isOpen)
    }

    @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
    func echoesCloseCode(code: Int) throws {
        let channel = try GuardedChannel()
        try channel.receive(Self.close(UInt16(code), Array("bye".utf8)))
        #expect(try channel.frames() == [.close(UInt16(code), "")])
        #expect(!channel.isOpen)
    }

    @Test func echoesCloseWithoutCode() throws {
        let channel = try GuardedChannel()
        try channel.receive(ClientFrame.bytes(0x88, []))
        // Code 0 is how the test client reads a close frame without a body.
        #expect(try channel.frames() == [.close(0, "")])
        #expect(!channel.isOpen)
    }
}
