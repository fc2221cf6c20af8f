import Logging
import NIOCore
import NIOHTTP1
import RestanteCore

/// Answers the plain HTTP requests of a connection, and those upgrades that were refused.
///
/// One request at a time (NIO's pipelining handler sees to that), each under a time limit; bodies are collected up to
/// a limit.
final class HTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case collecting(HTTPRequestHead, ServicePost, ByteBuffer)
        /// Whether the store answers is asked when the request is complete.
        case probing(HTTPRequestHead)
        /// The answer is known before the body has been read.
        case discarding(HTTPRequestHead, HTTPAnswer)
        case answering
    }

    private let services: ConnectionServices
    private let gate: ConnectGate
    private let visitor: Visitor
    private var state = State.idle
    private var deadline: LoopTimers.Timer?
    /// Bytes of the body that is being collected; they count for the memory budget.
    private var collected = 0 {
        didSet { services.sessions.memory.add(collected - oldValue) }
    }
    private var isEnding = false

    init(services: ConnectionServices, gate: ConnectGate, visitor: Visitor) {
        self.services = services
        self.gate = gate
        self.visitor = visitor
    }

    // The first request is the visitor's, whose time runs since it was accepted.

    func handlerRemoved(context: ChannelHandlerContext) {
        stopDeadline()
        collected = 0
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let part): collect(part, context)
        case .end: finish(context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerEnds {
            isEnding = true
            if case .idle = state { context.close(promise: nil) }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A refused upgrade comes as an error, and then as a request, which is answered. What is no HTTP never comes
        // here; whatever else is wrong with the socket ends it.
        if error is IOError || error is ChannelError { context.close(promise: nil) }
    }

    // MARK: - Requests

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        startDeadline(services.configuration.handshakeTimeout) { [self] in outOfTime(context) }
        if let refusal = RequestRules.refusal(of: head) {
            state = .discarding(head, refusal)
            return
        }
        do {
            try services.chargeRequest(head.headers)
        } catch {
            state = .discarding(head, error.answer)
            return
        }
        let path = HTTPPath.of(head.uri)
        let endpoint = ServicePost.Endpoint(rawValue: String(path))
        let isForPages = endpoint != nil || path == ConnectRequest.path
        guard !isForPages || services.configuration.allowedOrigins.allow(head.headers) else {
            state = .discarding(head, .strangeOrigin)
            return
        }
        if let endpoint {
            do {
                let post = try ServicePost.accept(head, endpoint, services) { () throws(RefusedRequest) in
                    try services.certified(context)
                }
                visitor.isService()
                state = .collecting(head, post, context.channel.allocator.buffer(capacity: 0))
            } catch {
                services.noteRefusal(error.answer.status, of: services.client(head.headers))
                state = .discarding(head, error.answer)
            }
            return
        }
        switch path {
        case "/healthz": state = .discarding(head, Self.probe(head, isGood: true))
        case "/readyz":
            guard services.isReady(), head.method == .GET || head.method == .HEAD else {
                state = .discarding(head, Self.probe(head, isGood: false))
                return
            }
            state = .probing(head)
        case ConnectRequest.path:
            // Only the first request of a connection can be an upgrade: whoever tries again needs a fresh one.
            var answer = refusedUpgrade(head)
            answer.closes = true
            state = .discarding(head, answer)
        default: state = .discarding(head, .notFound)
        }
    }

    private func collect(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
        guard case .collecting(let head, let post, var body) = state else { return }
        state = .idle  // so that the buffer is not copied
        guard body.readableBytes + part.readableBytes <= services.configuration.frameBytes else {
            var answer = HTTPAnswer.error(.payloadTooLarge, .tooLarge, "the body is too large")
            answer.closes = true
            state = .discarding(head, answer)
            collected = 0
            return
        }
        collected += part.readableBytes
        body.writeImmutableBuffer(part)
        state = .collecting(head, post, body)
    }

    private func finish(_ context: ChannelHandlerContext) {
        collected = 0
        switch state {
        case .discarding(let head, let answer): respond(answer, to: head, context)
        case .collecting(let head, let post, let body):
            answer(head, context, with: post.answer([UInt8](body.readableBytesView), context.eventLoop, services))
        case .probing(let head):
            answer(head, context, with: services.probeStore(context.eventLoop).map { Self.probe(head, isGood: $0) })
        case .idle, .answering: break
        }
    }

    private func answer(
        _ head: HTTPRequestHead, _ context: ChannelHandlerContext, with answer: EventLoopFuture<HTTPAnswer>
    ) {
        state = .answering
        answer.assumeIsolated().whenComplete { [self] result in
            switch result {
            case .success(let answer): respond(answer, to: head, context)
            case .failure: context.close(promise: nil)
            }
        }
    }

    private func refusedUpgrade(_ head: HTTPRequestHead) -> HTTPAnswer {
        if case .refused(let answer) = gate.outcome { return answer }
        do {
            _ = try ConnectRequest(head)
        } catch {
            return error.answer
        }
        return .error(.badRequest, .badRequest, "connect on a fresh connection")
    }

    private static func probe(_ head: HTTPRequestHead, isGood: Bool) -> HTTPAnswer {
        guard head.method == .GET || head.method == .HEAD else { return .methodNotAllowed("GET") }
        return isGood ? .text(.ok, "ok\n") : .text(.serviceUnavailable, "not ready\n")
    }

    // MARK: - Responses

    private func respond(_ answer: HTTPAnswer, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard context.channel.isActive else { return }
        let route = HTTPRoute(path: HTTPPath.of(head.uri))
        services.metrics.answered(route, status: answer.status.code)
        services.logger.debug("answered", metadata: ["route": "\(route)", "status": "\(answer.status.code)"])
        var answer = answer
        // After a request that asked for an upgrade NIO's decoder reads no other.
        if isEnding || !head.isKeepAlive || head.headers.contains(name: "upgrade") { answer.closes = true }
        state = answer.closes ? .answering : .idle
        context.write(answer, isHead: head.method == .HEAD, wrap: Self.wrapOutboundOut)
        let channel = context.channel
        startDeadline(services.configuration.idleTimeout) { channel.close(promise: nil) }
        if answer.closes { context.triggerUserOutboundEvent(EndConnection(), promise: nil) }
    }

    /// The connection ends then, unless a request begins or is answered before.
    private func startDeadline(_ time: TimeAmount, _ end: @escaping () -> Void) {
        stopDeadline()
        deadline = services.sessions.timers.schedule(in: time, end)
    }

    /// The request was too slow, or our answer was.
    private func outOfTime(_ context: ChannelHandlerContext) {
        var answer = HTTPAnswer.tooSlow
        if case .answering = state {
            answer = .error(Refusal(.unavailable, "there is no answer in time", retryAfter: 1))
        }
        context.channel.triggerUserOutboundEvent(CutConnection(answer: answer), promise: nil)
    }

    private func stopDeadline() {
        if let deadline { services.sessions.timers.cancel(deadline) }
        deadline = nil
    }
}

@available(*, unavailable)
extension HTTPHandler: Sendable {}
