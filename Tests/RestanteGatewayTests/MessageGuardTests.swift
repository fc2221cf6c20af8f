import NIOWebSocket
import Testing

@testable import RestanteGateway

/// Whole messages out of frames: fragments, the type that the subprotocol uses, and UTF-8.
struct MessageGuardTests {
    /// Frames of one message, and what comes of them.
    struct Row: CustomTestStringConvertible {
        enum Outcome {
            case message([UInt8])
            case closed(UInt16)
        }

        var name: String
        var expected = WebSocketOpcode.text
        /// FIN and opcode, and the payload, of each frame.
        var frames: [(first: UInt8, payload: [UInt8])]
        var outcome: Outcome
        var testDescription: String { name }
    }

    static let euro: [UInt8] = [0xE2, 0x82, 0xAC]
    static let half = [UInt8](repeating: 0x61, count: GuardedChannel.frameBytes / 2)

    static let rows: [Row] = [
        Row(name: "one frame", frames: [(0x81, [0x61])], outcome: .message([0x61])),
        Row(name: "an empty message", frames: [(0x81, [])], outcome: .message([])),
        Row(name: "the longest", frames: [(0x81, half + half)], outcome: .message(half + half)),
        Row(
            name: "fragments", frames: [(0x01, [0x61]), (0x00, []), (0x80, [0x62, 0x63])],
            outcome: .message([0x61, 0x62, 0x63])),
        Row(name: "binary", expected: .binary, frames: [(0x82, [0xFF])], outcome: .message([0xFF])),
        Row(
            name: "binary in fragments", expected: .binary, frames: [(0x02, [0xFF]), (0x80, [0xFE])],
            outcome: .message([0xFF, 0xFE])),
        Row(
            name: "a character across fragments", frames: [(0x01, [euro[0]]), (0x00, [euro[1]]), (0x80, [euro[2]])],
            outcome: .message(euro)),
        Row(name: "not UTF-8", frames: [(0x81, [0x61, 0xFF])], outcome: .closed(1007)),
        Row(name: "an overlong character", frames: [(0x81, [0xC0, 0x80])], outcome: .closed(1007)),
        Row(name: "a surrogate", frames: [(0x81, [0xED, 0xA0, 0x80])], outcome: .closed(1007)),
        Row(name: "half a character at the end", frames: [(0x01, [0x61]), (0x80, [euro[0]])], outcome: .closed(1007)),
        Row(name: "binary where text is spoken", frames: [(0x82, [0x61])], outcome: .closed(1003)),
        Row(
            name: "binary fragments where text is spoken", frames: [(0x02, [0x61]), (0x80, [0x62])],
            outcome: .closed(1003)),
        Row(name: "text where binary is spoken", expected: .binary, frames: [(0x81, [0x61])], outcome: .closed(1003)),
        Row(
            name: "too large in all", frames: [(0x01, half), (0x00, half), (0x80, [0x61])], outcome: .closed(1009)),
        Row(
            name: "too many fragments", frames: [(0x01, []), (0x00, []), (0x00, []), (0x00, [])],
            outcome: .closed(1008)),
        Row(name: "a continuation of nothing", frames: [(0x80, [0x61])], outcome: .closed(1002)),
        Row(
            name: "a new message before the end of the last", frames: [(0x01, [0x61]), (0x81, [0x62])],
            outcome: .closed(1002)),
        Row(
            name: "new fragments before the end of the last", frames: [(0x01, [0x61]), (0x01, [0x62])],
            outcome: .closed(1002)),
    ]

    @Test(arguments: rows) func comesTo(_ row: Row) throws {
        let channel = try GuardedChannel(expected: row.expected)
        for frame in row.frames { try channel.receive(ClientFrame.bytes(frame.first, frame.payload)) }
        let frames = try channel.frames()
        switch row.outcome {
        case .message(let message):
            #expect(try channel.messages() == [message])
            #expect(frames.isEmpty)
        case .closed(let code):
            #expect(try channel.messages().isEmpty)
            guard frames.count == 1, case .close(code, _)? = frames.first else {
                Issue.record("answered with \(frames)")
                return
            }
        }
    }

    /// RFC 6455 §5.4: control frames may stand between the fragments of a message.
    @Test func controlFramesBetweenFragments() throws {
        let channel = try GuardedChannel()
        try channel.receive(
            ClientFrame.bytes(0x01, [0x61]) + ClientFrame.bytes(0x89, [7]) + ClientFrame.bytes(0x8A, [])
                + ClientFrame.bytes(0x00, [0x62]) + ClientFrame.bytes(0x89, [8]) + ClientFrame.bytes(0x80, [0x63]))
        #expect(try channel.messages() == [[0x61, 0x62, 0x63]])
        #expect(try channel.frames() == [.data(.pong, [7]), .data(.pong, [8])])
    }

    @Test func aByteAtATime() throws {
        let channel = try GuardedChannel()
        for byte in ClientFrame.bytes(0x01, Self.euro) + ClientFrame.bytes(0x80, Self.half) {
            try channel.receive([byte])
        }
        #expect(try channel.messages() == [Self.euro + Self.half])
    }

    @Test func nothingComesThroughAfterAWrongMessage() throws {
        let channel = try GuardedChannel()
        try channel.receive(ClientFrame.bytes(0x82, []) + ClientFrame.bytes(0x81, [0x61]))
        #expect(try channel.messages().isEmpty)
    }
}
