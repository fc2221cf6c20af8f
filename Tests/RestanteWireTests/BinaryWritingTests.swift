import RestanteCore
import RestanteWire
import SwiftProtobuf
import Testing

/// What is written without SwiftProtobuf is what SwiftProtobuf would have written.
@Suite struct BinaryWritingTests {
    @Test(arguments: ServerSamples.all.map(\.frame))
    func whatItDoesNotKnowIsLeftToSwiftProtobuf(frame: WireServerFrame) {
        #expect(SessionFrame.other(frame).binaryCount == nil)
        #expect(SessionFrame.other(frame).wire == frame)
    }

    @Test(arguments: tags)
    func messages(tag: UInt64) throws {
        for message in Self.messages {
            let expected = WireServerFrame.live(message, tag: tag)
            try expect(.message(message, tag: tag), is: expected)
            try expect(.shared(SharedMessage(message), tag: tag), is: expected)
            try expect(.deliver(Delivery(tag: tag, owed: .message(message))), is: expected)
        }
    }

    @Test(arguments: [Int64.min, -1, 0, 1, 1_700_000_000_000, .max], [true, false])
    func accepted(time: Int64, duplicate: Bool) throws {
        let outcome = SendOutcome.accepted(at: time, duplicate: duplicate)
        try expect(.sent(sampleID, outcome), is: .sent(sampleID, outcome))
    }

    @Test(arguments: tags) func acked(tag: UInt64) throws {
        try expect(.acked(through: tag), is: .acked(through: tag))
    }

    @Test func randomMessages() throws {
        var random = SeededGenerator(7)
        for _ in 0..<500 {
            let message = RestanteCore.Message.random(using: &random)
            let tag = UInt64.randomSize(using: &random)
            try expect(.message(message, tag: tag), is: .live(message, tag: tag))
        }
    }

    /// Also byte for byte, so that nothing depends on how a client reads.
    private func expect(_ frame: SessionFrame, is expected: WireServerFrame) throws {
        let count = try #require(frame.binaryCount)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { memory, written in
            frame.writeBinary(to: UnsafeMutableRawBufferPointer(memory))
            written = count
        }
        #expect(try WireFormat.proto.decodeServerFrame(bytes) == expected)
        #expect(bytes == WireFormat.proto.encode(expected))
        #expect(frame.wire == expected)
    }

    private static let tags: [UInt64] = [0, 1, 127, 128, 16383, 16384, 1 << 35, .max]

    private static let messages: [RestanteCore.Message] = {
        let senders: [RestanteCore.Sender] = [.device(alice), .service(ServiceName(unchecked: "shop"))]
        let conversations: [RestanteCore.Conversation] = [.user(bob), .device(alice), .group(friends)]
        return senders.flatMap { sender in
            conversations.flatMap { conversation in
                [0, 1, 127, 128, 20_000].map { bytes in
                    var message = ServerSamples.message(from: sender, in: conversation)
                    (message.kind, message.urgency) = bytes == 1 ? (.devices, .urgent) : (.message, .normal)
                    message.payload = [UInt8](repeating: 7, count: bytes)
                    return message
                }
            }
        }
    }()
}

extension RestanteCore.Message {
    fileprivate static func random(using random: inout SeededGenerator) -> RestanteCore.Message {
        let address = DeviceAddress(
            user: UserName(unchecked: .randomName(using: &random)),
            device: DeviceName(unchecked: .randomName(using: &random)))
        let conversations: [RestanteCore.Conversation] = [
            .user(address.user), .device(address), .group(GroupName(unchecked: .randomName(using: &random))),
        ]
        return RestanteCore.Message(
            id: MessageID(high: .randomSize(using: &random), low: .randomSize(using: &random)),
            from: Bool.random(using: &random)
                ? .device(address) : .service(ServiceName(unchecked: .randomName(using: &random))),
            conversation: conversations.randomElement(using: &random) ?? .user(bob),
            acceptedAt: Int64(bitPattern: .randomSize(using: &random)),
            kind: MessageKind.allCases.randomElement(using: &random) ?? .message,
            urgency: Bool.random(using: &random) ? .urgent : .normal,
            payload: (0..<Int.random(in: 0...300, using: &random)).map { _ in .random(in: 0...255, using: &random) })
    }
}
