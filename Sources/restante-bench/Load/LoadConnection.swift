import NIOCore
import RestanteCore

/// How a connection, or an attempt at one, ended.
enum ConnectionEnd: Sendable {
    /// No TCP or TLS connection.
    case unreachable
    /// The upgrade was answered with another status; `retryAfter` in seconds.
    case refused(status: Int, retryAfter: Int?)
    /// A close frame came; `reconnectAfter` in milliseconds, from `closing`.
    case closed(code: UInt16, reconnectAfter: UInt64?)
    /// The socket went without a word.
    case lost

    /// By which ends are counted.
    var name: String {
        switch self {
        case .unreachable: "unreachable"
        case .refused(let status, _): "\(status)"
        case .closed(let code, _): "closed \(code)"
        case .lost: "lost"
        }
    }
}

/// What a connection tells the device that it belongs to, on its event loop.
protocol LoadPeer: AnyObject {
    /// The upgrade is complete.
    func opened(_ connection: LoadConnection)
    func received(_ frame: ReceivedFrame, on connection: LoadConnection)
    func receivedPong(on connection: LoadConnection)
    /// What the socket held has been told: the time to write answers.
    func readComplete(on connection: LoadConnection)
    func writabilityChanged(on connection: LoadConnection)
    /// Once, also for attempts that came to nothing.
    func ended(_ end: ConnectionEnd)
}

/// One client's connection: handshake, frames, pings answered, in one handler.
final class LoadConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let peer: any LoadPeer
    private let request: ByteBuffer
    private var bytes = ServerBytes()
    private var context: ChannelHandlerContext?
    private var end = ConnectionEnd.unreachable
    private var hasEnded = false
    private var reconnectAfter: UInt64?
    private var wrote = false

    init(peer: any LoadPeer, request: ByteBuffer) {
        self.peer = peer
        self.request = request
    }

    func channelActive(context: ChannelHandlerContext) {
        self.context = context
        end = .lost
        context.writeAndFlush(Self.wrapOutboundOut(request), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.add(Self.unwrapInboundIn(data))
        while let part = bytes.next() {
            switch part {
            case .response(101, _): peer.opened(self)
            case .response(let status, let retryAfter):
                end = .refused(status: status, retryAfter: retryAfter)
                context.close(promise: nil)
                return
            case .frame(let opcode, let body): heed(opcode, body)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        peer.readComplete(on: self)
        flush()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { peer.writabilityChanged(on: self) }

    func channelInactive(context: ChannelHandlerContext) { finish() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Tells the peer, once, that it is over.
    func finish() {
        guard !hasEnded else { return }
        hasEnded = true
        context = nil
        peer.ended(end)
    }

    // MARK: - What a device does

    /// Written with the next flush, which comes at the end of a read at the latest.
    func write(_ frame: ByteBuffer) {
        context?.write(Self.wrapOutboundOut(frame), promise: nil)
        wrote = true
    }

    func flush() {
        guard wrote else { return }
        wrote = false
        context?.flush()
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Whether the socket is read: a device that stalls stops.
    func setReading(_ reading: Bool) {
        context?.channel.setOption(.autoRead, value: reading).whenFailure { _ in }
    }

    /// Without a closing handshake: as a phone in a tunnel.
    func cut() { context?.close(promise: nil) }

    // MARK: - Frames

    private func heed(_ opcode: UInt8, _ body: ByteBuffer) {
        switch opcode {
        case 0x2:
            let frame = body.withUnsafeReadableBytes { ReceivedFrame($0) }
            if case .closing(let wait) = frame { reconnectAfter = wait }
            peer.received(frame, on: self)
        case 0x8:
            let code = body.getInteger(at: body.readerIndex, as: UInt16.self)
            end = .closed(code: code ?? 1005, reconnectAfter: reconnectAfter)
            write(OutgoingFrame.close(code))
        case 0x9: write(OutgoingFrame.pong(Array(body.readableBytesView)))
        case 0xA: peer.receivedPong(on: self)
        default: context?.close(promise: nil)
        }
    }
}

@available(*, unavailable)
extension LoadConnection: Sendable {}
