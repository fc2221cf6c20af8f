import Logging
import NIOCore
import NIOWebSocket
import RestanteCore
import RestanteWire

/// Performs what the session's state machine says, on the session's event loop.
///
/// It is made and registered before the upgrade, since the claim comes first, and joins the pipeline after it. All
/// commands of one read cycle go to the store as one array, all frames of one batch to the socket with one flush.
final class SessionHandler: ChannelInboundHandler {
    typealias InboundIn = [UInt8]
    typealias OutboundOut = WebSocketFrame

    let id: SessionID
    let format: WireFormat
    private let address: DeviceAddress
    private let services: ConnectionServices
    private let channel: any Channel
    private let claimed: EventLoopPromise<Void>
    private var machine: SessionStateMachine
    private var actions: [SessionAction] = []
    private var commands: [StoreCommand] = []
    /// Not nil while in the pipeline.
    private var context: ChannelHandlerContext?
    private var wrote = false
    private var inBatch = false
    private var gate = ReadGate()
    private var keepAlive: KeepAlive

    init(address: DeviceAddress, format: WireFormat, channel: any Channel, services: ConnectionServices) {
        self.address = address
        self.format = format
        self.channel = channel
        self.services = services
        id = services.sessions.makeSessionID()
        machine = SessionStateMachine(session: id, limits: services.configuration.limits)
        claimed = channel.eventLoop.makePromise()
        keepAlive = KeepAlive(services.configuration)
    }

    /// Asks the store for the device. The future fails with a ``Refusal`` if it is refused.
    func claim(tokenIssuedAt: Int64) -> EventLoopFuture<Void> {
        services.sessions.add(self)
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in
            handle(.closed)
            finish()
            services.sessions.remove(id)
        }
        services.store.enqueue([.claim(Claim(session: id, address: address, tokenIssuedAt: tokenIssuedAt))])
        return claimed.futureResult
    }

    // MARK: - From the pipeline

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        keepAlive.heard()
        keepAlive.schedule(on: context.eventLoop) { [self] in beat() }
        handle(.opened)
        finish()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        keepAlive.stop()
        self.context = nil
    }

    /// Something came from the peer, whatever it was.
    func heard() { keepAlive.heard() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            let limits = services.configuration.limits
            handle(.received(try format.decodeAction(Self.unwrapInboundIn(data), from: address, limits: limits)))
        } catch {
            handle(.malformed(error))
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        finish()
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        handle(.writable(context.channel.isWritable))
        apply(gate.writable(context.channel.isWritable))
        finish()
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ServerEnds:
            handle(.shutdown(reconnectAfter: UInt32.random(in: services.configuration.reconnectAfter)))
            finish()
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        services.logger.debug("socket failed", metadata: ["session": "\(id)", "error": "\(type(of: error))"])
        context.close(promise: nil)
    }

    // MARK: - From the store and the server

    /// Takes an event of a batch. True for the first of the batch: ``endBatch(_:)`` must follow.
    func take(_ event: SessionEvent) -> Bool {
        handle(event)
        defer { inBatch = true }
        return !inBatch
    }

    func endBatch(_ all: inout [StoreCommand]) {
        inBatch = false
        all.append(contentsOf: commands)
        commands.empty()
        flush()
    }

    func storeHasRoom() { apply(gate.stalled(false)) }

    func stopReading() { apply(gate.stopped()) }

    /// The token's time is over.
    func expire() {
        handle(.tokenExpired)
        finish()
    }

    private func beat() {
        guard let context else { return }
        handle(keepAlive.isIdle && !gate.holdsBack ? .idle : .pingDue)
        finish()
        keepAlive.schedule(on: context.eventLoop) { [self] in beat() }
    }

    // MARK: - Actions

    private func handle(_ event: SessionEvent) {
        channel.eventLoop.assertInEventLoop()
        // Performing may bring on another event (a write that fails closes the socket): it gets a list of its own.
        var list = actions
        actions = []
        machine.handle(event, into: &list)
        for action in list { perform(action) }
        list.empty()
        actions = list
    }

    private func perform(_ action: SessionAction) {
        switch action {
        case .grantClaim: claimed.succeed()
        case .refuseClaim(let refusal): claimed.fail(refusal)
        case .write(let frame): write(format == .json ? .text : .binary, format.encode(frame))
        case .enqueue(let command): append(command)
        case .heedClient(let now): apply(gate.heeded(now))
        case .ping: write(.ping, [])
        case .close(let code, let reason): close(CloseWebSocket(code: code.rawValue, reason: reason))
        }
    }

    /// Acknowledgements are cumulative: of several in a row the last says it all.
    private func append(_ command: StoreCommand) {
        if case .acknowledge(_, let through) = command, case .acknowledge(_, let before)? = commands.last {
            commands[commands.count - 1] = .acknowledge(id, through: max(before, through))
        } else {
            commands.append(command)
        }
    }

    private func write(_ opcode: WebSocketOpcode, _ bytes: [UInt8]) {
        guard let context else { return }
        let frame = WebSocketFrame(fin: true, opcode: opcode, data: channel.allocator.buffer(bytes: bytes))
        context.write(Self.wrapOutboundOut(frame), promise: nil)
        wrote = true
    }

    private func close(_ close: CloseWebSocket) {
        apply(gate.closing())
        context?.triggerUserOutboundEvent(close, promise: nil)
    }

    private func finish() {
        if !commands.isEmpty {
            let room = services.store.enqueue(commands)
            commands.empty()
            if !room {
                services.sessions.stall(id)
                apply(gate.stalled(true))
            }
        }
        flush()
    }

    private func flush() {
        guard wrote else { return }
        wrote = false
        context?.flush()
    }

    private func apply(_ reading: Bool?) {
        guard let reading, context != nil else { return }
        channel.setOption(.autoRead, value: reading).whenFailure { _ in }
    }
}

extension Array {
    /// Keeps the room for a few: a session that had a page of hundreds once would hold on to room for them while it is idle.
    fileprivate mutating func empty() { removeAll(keepingCapacity: capacity <= 8) }
}

@available(*, unavailable)
extension SessionHandler: Sendable {}
