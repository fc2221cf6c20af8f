import NIOCore
import NIOEmbedded
import Testing

@testable import RestanteClient

/// What the last handler of a connection tells the core.
@Suite(.timeLimit(.minutes(5))) struct WebSocketHandlerTests {
    /// A server that is killed right after its 101: the connection ends before the handler is there to be told so.
    @Test func aConnectionThatIsGoneAlreadyIsTold() async {
        let events = EventQueue()
        let core = ClientCore(loop: EmbeddedEventLoop(), events: events, settings: ClientStateMachine.Settings())
        let step = await withCheckedContinuation { begun in
            core.nextStep(begun)
            let channel = EmbeddedChannel()
            #expect(!channel.isActive)
            #expect(throws: Never.self) {
                try channel.pipeline.syncOperations.addHandler(WebSocketHandler(core: core))
            }
        }
        #expect(step == .connect(after: 0, newToken: false))
        // Without it the client waits for ever.
        events.finish()
        guard case .disconnected(.closed(code: nil), retryAfter: _?) = await events.next() else {
            Issue.record("not told")
            return
        }
    }

    /// It is told once, also when the channel says the same again: the next connection may have begun by then.
    @Test func anEndIsToldOnce() async {
        let events = EventQueue()
        let core = ClientCore(loop: EmbeddedEventLoop(), events: events, settings: ClientStateMachine.Settings())
        _ = await withCheckedContinuation { begun in
            core.nextStep(begun)
            let channel = EmbeddedChannel()
            #expect(throws: Never.self) {
                try channel.pipeline.syncOperations.addHandler(WebSocketHandler(core: core))
            }
            channel.pipeline.fireChannelInactive()
        }
        events.finish()
        var told = 0
        while await events.next() != nil { told += 1 }
        #expect(told == 1)
    }
}
