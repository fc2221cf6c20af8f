import NIOCore

/// One connection that never says who it is, until the server ends it. Bound to one event loop.
final class Stranger: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let kind: StrangerKind
    /// When it must be gone.
    let dueAt: NIODeadline
    private let startedAt = NIODeadline.now()
    private let ended: (Stranger, ConnectionEnd) -> Void
    private var context: ChannelHandlerContext?
    private var bytes = ServerBytes()
    private var end = ConnectionEnd.unreachable
    private var hasEnded = false
    private var dripped = 0

    /// - Parameter ended: called once, also when there is no connection.
    init(_ kind: StrangerKind, dueAt: NIODeadline, ended: @escaping (Stranger, ConnectionEnd) -> Void) {
        (self.kind, self.dueAt, self.ended) = (kind, dueAt, ended)
    }

    /// How long it has been there.
    var life: TimeAmount { .now() - startedAt }

    /// A byte more of the request.
    func drip() {
        guard let context, dripped < StrangerKind.request.count else { return }
        write([StrangerKind.request[dripped]], context)
        dripped += 1
    }

    /// Tells, once, that it is over.
    func finish() {
        guard !hasEnded else { return }
        hasEnded = true
        context = nil
        ended(self, end)
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        end = .lost
        if !kind.opening.isEmpty { write(kind.opening, context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.add(Self.unwrapInboundIn(data))
        if case .response(let status, let retryAfter) = bytes.next() {
            end = .refused(status: status, retryAfter: retryAfter)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
    }
}

@available(*, unavailable)
extension Stranger: Sendable {}
