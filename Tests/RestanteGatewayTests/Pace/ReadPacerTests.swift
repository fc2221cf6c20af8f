import NIOCore
import NIOEmbedded
import Testing

@testable import RestanteGateway

/// A socket that is read no faster than it may, by the clock of an embedded event loop.
struct ReadPacerTests {
    /// Counts what arrives at the socket.
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer
        var count = 0
        func read(context: ChannelHandlerContext) { count += 1 }
    }

    private let reads = Reads()
    private let pacer: ReadPacer
    private let channel = EmbeddedChannel()

    init() throws {
        var rates = ConnectionRates()
        rates.bytes = Rate(1000, burst: 1000)
        rates.frames = Rate(10, burst: 10)
        rates.refusals = Rate(1, burst: 1)
        pacer = ReadPacer(rates)
        try channel.pipeline.syncOperations.addHandlers([reads, pacer])
    }

    private func receive(_ count: Int) throws { try channel.writeInbound(ByteBuffer(repeating: 0, count: count)) }

    /// Whether a read that is asked for now reaches the socket.
    private func mayRead() -> Bool {
        let before = reads.count
        channel.read()
        return reads.count > before
    }

    @Test func readsAsMuchAsItMay() throws {
        try receive(1000)
        #expect(mayRead())
        #expect(!pacer.isHolding)
    }

    @Test func waitsUntilTooManyBytesArePaidBack() throws {
        try receive(1500)
        #expect(!mayRead())
        #expect(pacer.isHolding)
        #expect(!mayRead())
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(499))
        #expect(reads.count == 0)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(reads.count == 1)
        #expect(!pacer.isHolding)
    }

    @Test func controlFramesCount() throws {
        for _ in 0..<1000 { channel.triggerUserOutboundEvent(ControlFrameCame(), promise: nil) }
        #expect(!mayRead())
    }

    @Test func refusalsCount() {
        for _ in 0..<2 { pacer.refused(channel.eventLoop.now, bytes: 0) }
        #expect(!mayRead())
    }

    /// A large one costs as much as many.
    @Test(arguments: [4095: true, 4096: false]) func largeRefusalsCountMore(bytes: Int, goesOn: Bool) {
        pacer.refused(channel.eventLoop.now, bytes: bytes)
        #expect(mayRead() == goesOn)
    }

    /// However many they were: a client that is not read for longer than its pings wait would be lost.
    @Test func theDebtHasAnEnd() throws {
        for _ in 0..<1_000_000 { pacer.refused(channel.eventLoop.now, bytes: 0) }
        #expect(!mayRead())
        channel.embeddedEventLoop.advanceTime(by: .seconds(4))
        #expect(reads.count == 0)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(reads.count == 1)
    }

    @Test func whatIsHeldBackReadsOnByItselfWhenItIsLetGo() {
        pacer.holdBack(true)
        #expect(!mayRead())
        #expect(pacer.isHolding)
        pacer.holdBack(false)
        #expect(reads.count == 1)
        #expect(!pacer.isHolding)
    }
}
