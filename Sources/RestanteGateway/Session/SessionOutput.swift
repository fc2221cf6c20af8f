import Logging
import NIOCore
import RestanteCore
import RestanteWire

/// A session's way out: writes its frames in its format to the WebSocket of its pipeline, counts them and traces them.
///
/// What is written before it is opened, or after it was closed, goes nowhere.
final class SessionOutput {
    private let session: SessionID
    private let format: WireFormat
    private let metrics: GatewayMetrics
    private let logger: Logger
    /// Asked once, for the answer costs a copy of the logger.
    private let isTracing: Bool
    private var pipeline: (context: ChannelHandlerContext, socket: WebSocketHandler)?
    private var wrote = false

    init(_ session: SessionID, _ format: WireFormat, _ metrics: GatewayMetrics, _ logger: Logger) {
        self.session = session
        self.format = format
        self.metrics = metrics
        self.logger = logger
        isTracing = logger.logLevel <= .trace
    }

    /// The pipeline has a ``WebSocketHandler`` in front of `context`.
    func open(_ context: ChannelHandlerContext) {
        guard let socket = try? context.pipeline.syncOperations.handler(type: WebSocketHandler.self) else {
            preconditionFailure("a session without a WebSocket")
        }
        pipeline = (context, socket)
    }

    func close() { pipeline = nil }

    func write(_ frame: SessionFrame) {
        let count = encode(frame)
        metrics.sent(frame, bytes: count)
        if isTracing { trace("sent", "\(SentKind(frame))", count) }
    }

    func ping() { write(.ping) }

    /// A frame came, and was read.
    func received(_ action: ClientAction, bytes: Int) {
        let kind = ReceivedKind(action)
        metrics.received(kind, bytes: bytes)
        if isTracing { trace("received", "\(kind)", bytes) }
    }

    /// False: there was nothing to flush.
    func flush() -> Bool {
        guard wrote else { return false }
        wrote = false
        pipeline?.context.flush()
        return true
    }

    /// What makes up the traffic is written where it waits for the flush.
    ///
    /// - Returns: how many bytes it comes to.
    private func encode(_ frame: SessionFrame) -> Int {
        if format == .proto, let count = frame.binaryCount {
            pipeline?.socket.writeBinary(count, frame.writeBinary)
            wrote = true
            return count
        }
        let bytes = format.encode(frame.wire)
        write(.message(WebSocketMessage(format == .json ? .text : .binary, bytes)))
        return bytes.count
    }

    private func write(_ output: WebSocketOutput) {
        guard let context = pipeline?.context else { return }
        context.write(NIOAny(output), promise: nil)
        wrote = true
    }

    /// What a frame was, never what is in it.
    private func trace(_ what: Logger.Message, _ kind: String, _ bytes: Int) {
        logger.trace(what, metadata: ["session": "\(session)", "kind": "\(kind)", "bytes": "\(bytes)"])
    }
}

@available(*, unavailable)
extension SessionOutput: Sendable {}
