import NIOCore
import NIOEmbedded
import Testing

@testable import RestanteGateway

/// What is written between two flushes goes out in few buffers, and in its order, whichever way it came.
struct BatchedWritesTests {
    @Test func bothWaysKeepTheOrder() throws {
        let (channel, writes) = try Self.channel()
        channel.write(ByteBuffer(string: "a"), promise: nil)
        writes.write(2) { $0.copyBytes(from: Array("bc".utf8)) }
        channel.write(ByteBuffer(string: "d"), promise: nil)
        writes.write(1) { $0.copyBytes(from: Array("e".utf8)) }
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
        channel.flush()
        #expect(try channel.readOutbound(as: ByteBuffer.self) == ByteBuffer(string: "abcde"))
        #expect(try channel.readOutbound(as: ByteBuffer.self) == nil)
    }

    /// A buffer is never larger than a record of TLS, unless one write alone is; over TLS each is flushed.
    @Test(arguments: [true, false]) func buffersStaySmall(isTLS: Bool) throws {
        let (channel, writes) = try Self.channel(isTLS: isTLS)
        for number in 0..<100 { writes.write(1000) { $0.initializeMemory(as: UInt8.self, repeating: UInt8(number)) } }
        writes.write(20_000) { $0.initializeMemory(as: UInt8.self, repeating: 100) }
        let early = try Self.sizes(channel)
        channel.flush()
        let sizes = try early + Self.sizes(channel)
        #expect(sizes == [Int](repeating: 15_000, count: 6) + [10_000, 20_000])
        #expect(early.count == (isTLS ? 7 : 0))
    }

    @Test func nothingIsWrittenOutsideThePipeline() throws {
        let (channel, writes) = try Self.channel()
        _ = try channel.finish()
        writes.write(1) { _ in Issue.record("there is nowhere to write") }
    }

    private static func channel(isTLS: Bool = false) throws -> (EmbeddedChannel, BatchedWrites) {
        let writes = BatchedWrites(isTLS: isTLS)
        return (EmbeddedChannel(handler: writes), writes)
    }

    private static func sizes(_ channel: EmbeddedChannel) throws -> [Int] {
        var sizes: [Int] = []
        while let buffer = try channel.readOutbound(as: ByteBuffer.self) { sizes.append(buffer.readableBytes) }
        return sizes
    }
}
