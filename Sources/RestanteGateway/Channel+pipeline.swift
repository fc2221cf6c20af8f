import NIOCore
import NIOHTTP1
import NIOWebSocket

extension Channel {
    /// Sets up a fresh connection: HTTP/1.1 with the upgrade to WebSocket. On the event loop.
    func configureRestante(_ services: ConnectionServices, _ visitor: Visitor) throws {
        let gate = ConnectGate(services: services, visitor: visitor)
        let http = HTTPHandler(services: services, gate: gate, visitor: visitor)
        let boundGate = NIOLoopBound(gate, eventLoop: eventLoop)
        let boundHTTP = NIOLoopBound(http, eventLoop: eventLoop)
        // Errors of the frame decoder go to our own guard: NIO's handler closes without a handshake.
        let upgrader = NIOWebSocketServerUpgrader(
            maxFrameSize: services.configuration.frameBytes, automaticErrorHandling: false,
            shouldUpgrade: { channel, head in boundGate.value.decide(channel, head) },
            upgradePipelineHandler: { channel, _ in boundGate.value.upgrade(channel) })
        try pipeline.syncOperations.addHandler(visitor.pacer)
        try pipeline.syncOperations.configureHTTPServerPipeline(
            withPipeliningAssistance: true,
            withServerUpgrade: (
                upgraders: [upgrader],
                completionHandler: { context in
                    context.pipeline.syncOperations.removeHandler(boundHTTP.value, promise: nil)
                }
            ),
            withErrorHandling: true)
        try pipeline.syncOperations.addHandler(http)
    }
}
