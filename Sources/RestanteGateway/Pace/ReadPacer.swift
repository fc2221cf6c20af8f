import NIOCore

/// Reads a socket no faster than its connection may go: what is too much waits in the kernel, and slows the peer.
///
/// It holds back the pipeline's `read`, so that whatever else stops and starts reading (``ReadGate``, TLS, HTTP) need
/// not know of it. Reading goes on by itself when the debt is paid.
final class ReadPacer: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let rates: ConnectionRates
    private var bytes = TokenBucket()
    private var frames = TokenBucket()
    private var refusals = TokenBucket()
    private var isHeldBack = false
    /// Somebody wants to read, and has to wait.
    private var wantsToRead = false
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(_ rates: ConnectionRates) {
        self.rates = rates
    }

    /// The peer cannot be heard for now, and it is our doing.
    var isHolding: Bool { wantsToRead }

    /// A message came.
    func frameCame(_ now: NIODeadline) {
        if let rate = rates.frames { frames.charge(of: rate, now: now, mostDebt: rates.mostDebt) }
    }

    /// What came was refused, because of a rate or of its form.
    ///
    /// - Parameter bytes: of it. Reading a large one costs as much as refusing many small ones.
    func refused(_ now: NIODeadline, bytes: Int) {
        refusals.charge(1 + bytes / 4096, of: rates.refusals, now: now, mostDebt: rates.mostDebt)
    }

    /// Reads nothing, however much the connection may, until told otherwise.
    func holdBack(_ now: Bool) {
        guard isHeldBack != now else { return }
        isHeldBack = now
        if !now { readOn() }
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let rate = rates.bytes {
            let count = Self.unwrapInboundIn(data).readableBytes
            bytes.charge(count, of: rate, now: context.eventLoop.now, mostDebt: rates.mostDebt)
        }
        context.fireChannelRead(data)
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is ControlFrameCame else {
            context.triggerUserOutboundEvent(event, promise: promise)
            return
        }
        frameCame(context.eventLoop.now)
        promise?.succeed()
    }

    func read(context: ChannelHandlerContext) {
        guard !wantsToRead else { return }
        let debt = debt(context.eventLoop.now)
        guard isHeldBack || debt > .zero else {
            context.read()
            return
        }
        wantsToRead = true
        if !isHeldBack { wait(debt, context) }
    }

    private func debt(_ now: NIODeadline) -> TimeAmount {
        var debt = refusals.debt(of: rates.refusals, now: now)
        if let rate = rates.bytes { debt = max(debt, bytes.debt(of: rate, now: now)) }
        if let rate = rates.frames { debt = max(debt, frames.debt(of: rate, now: now)) }
        return debt
    }

    private func wait(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { [self] in readOn() }
    }

    private func readOn() {
        guard wantsToRead, let context else { return }
        wantsToRead = false
        timer?.cancel()
        // Whoever has stopped reading meanwhile asks again when it goes on.
        guard (try? context.channel.syncOptions?.getOption(.autoRead)) != false else { return }
        read(context: context)
    }
}

@available(*, unavailable)
extension ReadPacer: Sendable {}

/// Tells the pacer, as an outbound event, of a WebSocket control frame: no message comes of it, but work does.
struct ControlFrameCame: Sendable {}
