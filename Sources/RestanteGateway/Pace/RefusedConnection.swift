import NIOCore
import NIOHTTP1

/// The whole pipeline of a connection that is refused before it has asked for anything: one answer, and the end.
///
/// What the peer sends is read for a second more: a socket that is closed with unread input would take its answer back.
final class RefusedConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private static let linger = TimeAmount.seconds(1)

    private let answer: HTTPAnswer
    private let lingers: Bool
    private let timers: LoopTimers
    private var cut: LoopTimers.Timer?

    init(_ answer: HTTPAnswer, lingers: Bool, timers: LoopTimers) {
        self.answer = answer
        self.lingers = lingers
        self.timers = timers
    }

    func channelActive(context: ChannelHandlerContext) {
        let written = context.eventLoop.makePromise(of: Void.self)
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(bytes: answer.asWholeResponse)), promise: written)
        guard lingers else {
            context.close(promise: nil)
            return
        }
        let channel = context.channel
        written.futureResult.whenComplete { _ in channel.close(mode: .output, promise: nil) }
        cut = timers.schedule(in: Self.linger) { channel.cut() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

    func channelInactive(context: ChannelHandlerContext) {
        if let cut { timers.cancel(cut) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

@available(*, unavailable)
extension RefusedConnection: Sendable {}

extension HTTPAnswer {
    /// As HTTP/1.1 writes it, for a connection that ends with it.
    var asWholeResponse: [UInt8] {
        var lines = ["HTTP/1.1 \(status.code) \(status.reasonPhrase)"]
        for (name, value) in headers { lines.append("\(name): \(value)") }
        return Array((lines + ["connection: close", "", ""]).joined(separator: "\r\n").utf8) + body
    }
}
