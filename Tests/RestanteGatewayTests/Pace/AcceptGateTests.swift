import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import RestanteGateway

/// When a listening socket takes the next connection from the kernel.
struct AcceptGateTests {
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = any Channel
        var count = 0
        func read(context: ChannelHandlerContext) { count += 1 }
    }

    private let reads = Reads()
    private let channel = EmbeddedChannel()
    private let pace: Pace

    init() throws {
        var limits = PaceLimits()
        limits.accepts = Rate(10, burst: 10)
        limits.claims = 5
        pace = Pace(limits)
        try channel.pipeline.syncOperations.addHandlers([reads, AcceptGate(pace)])
    }

    private func accept(_ count: Int) {
        for _ in 0..<count { channel.pipeline.fireChannelRead(EmbeddedChannel() as any Channel) }
    }

    private func takesMore() -> Bool {
        let before = reads.count
        channel.read()
        return reads.count > before
    }

    @Test func takesABurstAndThenWaits() {
        accept(10)
        #expect(takesMore())
        accept(1)
        #expect(!takesMore())
    }

    /// Those that were refused for their address hold up the others a tenth as long.
    @Test(arguments: [19: true, 20: false]) func refusedOnesCountLittle(accepted: Int, takesMore: Bool) {
        accept(accepted)
        pace.refusedAtOnce.add(5, ordering: .relaxed)
        pace.refusedAtOnce.add(5, ordering: .relaxed)
        #expect(self.takesMore() == takesMore)
    }

    /// And goes on by itself when the store has answered.
    @Test func waitsWhileTooManyClaimsWaitForTheStore() {
        pace.claims.store(5, ordering: .relaxed)
        #expect(!takesMore())
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(100))
        #expect(reads.count == 0)
        pace.claims.store(4, ordering: .relaxed)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(5))
        #expect(reads.count == 1)
    }
}
