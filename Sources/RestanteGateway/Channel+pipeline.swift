package import NIOCore
import NIOHTTP1

extension Channel {
    /// Sets up a fresh connection: HTTP/1.1 with the upgrade to WebSocket. On the event loop.
    func configureRestante(_ services: ConnectionServices, _ visitor: Visitor) throws {
        let gate = ConnectGate(services: services, visitor: visitor)
        try pipeline.syncOperations.addHandler(visitor.pacer)
        try configureUpgrade(
            gate, http: HTTPHandler(services: services, gate: gate, visitor: visitor),
            endTimeout: services.configuration.closeTimeout, timers: services.sessions.timers,
            // For what it was meant is not known.
            malformed: { [metrics = services.metrics] in metrics.answered(.other, status: $0) })
    }

    /// Sets up a fresh connection that becomes a WebSocket if `gate` says so, and is served by `http` otherwise. On the
    /// event loop.
    ///
    /// - Parameters:
    ///   - endTimeout: how long a peer may take to close when we have ended.
    ///   - timers: of the event loop.
    ///   - malformed: told of the answers, by their status, to what was no HTTP or too much of it.
    package func configureUpgrade(
        _ gate: any UpgradeGate, http: some ChannelInboundHandler & RemovableChannelHandler, endTimeout: TimeAmount,
        timers: LoopTimers, malformed: @escaping (_ status: UInt) -> Void = { _ in }
    ) throws {
        let parserErrors = ParserErrorHandler(answered: malformed)
        let handlers = NIOLoopBound<[any RemovableChannelHandler]>([parserErrors, http], eventLoop: eventLoop)
        let pipeline = pipeline.syncOperations
        try pipeline.addHandler(EndingHandler(timeout: endTimeout, timers: timers))
        try pipeline.configureHTTPServerPipeline(
            withPipeliningAssistance: true,
            withServerUpgrade: (
                upgraders: [WebSocketUpgrader(gate: gate, eventLoop: eventLoop)],
                completionHandler: { context in
                    for handler in handlers.value {
                        context.pipeline.syncOperations.removeHandler(handler, promise: nil)
                    }
                }
            ),
            withErrorHandling: false,
            withEncoderConfiguration: .init(),
            withDecoderLimitConfiguration: HTTPLimits.decoder)
        try pipeline.addHandlers([parserErrors, http])
    }
}
