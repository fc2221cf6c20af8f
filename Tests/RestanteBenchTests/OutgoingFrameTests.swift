import NIOCore
import RestanteCore
import RestanteWire
import SwiftProtobuf
import Testing

@testable import restante_bench

/// What the generator encodes by hand, or once for all, is what the codec would have made.
@Suite struct OutgoingFrameTests {
    @Test(arguments: [1, 127, 128, 300, 1 << 21, UInt64(1) << 40])
    func anAcknowledgementIsWhatTheCodecMakes(through: UInt64) {
        var frame = WireClientFrame()
        frame.ack.through = through
        #expect(OutgoingFrame.acknowledge(through) == OutgoingFrame.message(frame))
    }

    @Test(arguments: [0, 256, 70_000])
    func framesInOneBufferAreThoseThatStandAlone(payload: Int) {
        let template = SendTemplate(to: MailBook.recipientUsers, payloadBytes: payload)
        var ids = LoadIDs()
        let messages = (0..<3).map { (ids.next(sender: 1, number: $0), $0 * 1_234_567) }
        var together = ByteBuffer()
        for (id, recipient) in messages { template.write(id, to: recipient, into: &together) }
        var alone = ByteBuffer()
        for (id, recipient) in messages { alone.writeImmutableBuffer(template.frame(id, to: recipient)) }
        #expect(together == alone && together.readableBytes == 3 * template.length)
    }

    @Test func aTemplateNamesItsRecipient() throws {
        let template = SendTemplate(to: MailBook.recipientUsers, payloadBytes: 0)
        var ids = LoadIDs()
        let id = ids.next(sender: 3, number: 4)
        var frame = template.frame(id, to: 42)
        frame.moveReaderIndex(forwardBy: 6)
        let action = try WireClientFrame(serializedBytes: Array(frame.readableBytesView))
        #expect(action.send.user == MailBook.recipientUsers.name(42))
        #expect(MessageID(bytes: Array(action.send.messageID)) == id)
    }
}
