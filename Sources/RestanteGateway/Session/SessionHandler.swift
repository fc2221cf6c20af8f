import Logging
import NIOCore
import RestanteCore
import RestanteWire

/// Performs what the session's state machine says, on the session's event loop.
///
/// It is made and registered before the upgrade, since the claim comes first, and joins the pipeline after it. All
/// commands of one read cycle go to the store as one array, all frames of one batch to the socket with one flush.
final class SessionHandler: ChannelInboundHandler {
    /// Messages come to ``received(_:)``.
    typealias InboundIn = Never

    let id: SessionID
    let format: WireFormat
    /// Where the client is, as a trusted proxy or the socket says.
    var client = IPAddress.none
    private let address: DeviceAddress
    private let services: ConnectionServices
    private let visitor: Visitor
    private let channel: any Channel
    private let claimed: EventLoopPromise<Void>
    private var machine: SessionStateMachine
    private var actions: [SessionAction] = []
    private var commands: [StoreCommand] = []
    /// Not nil while in the pipeline.
    private var context: ChannelHandlerContext?
    private let output: SessionOutput
    private var inBatch = false
    /// When the first frame of this read cycle came; the others count as having come then.
    private var cycleTime: NIODeadline?
    private var gate = ReadGate()
    private var keepAlive: KeepAlive
    let expiry: SessionExpiry

    /// - Parameter expiresAt: when its token does, in seconds since the epoch.
    init(
        address: DeviceAddress, expiresAt: Int64, format: WireFormat, channel: any Channel,
        services: ConnectionServices, visitor: Visitor
    ) {
        self.address = address
        self.format = format
        self.channel = channel
        self.services = services
        self.visitor = visitor
        id = services.sessions.makeSessionID()
        output = SessionOutput(id, format, services.metrics, services.logger)
        machine = SessionStateMachine(
            session: id, address: address, expiresAt: expiresAt * 1000, limits: services.configuration.limits)
        claimed = channel.eventLoop.makePromise()
        keepAlive = KeepAlive(services.configuration, services.sessions.timers)
        expiry = SessionExpiry(services.tokens, services.sessions.timers)
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
        output.open(context)
        services.metrics.sessionOpened()
        services.logger.debug(
            "session opened",
            metadata: [
                "session": "\(id)", "device": "\(address)", "address": "\(client.logged)",
            ])
        keepAlive.heard()
        keepAlive.schedule { [self] in beat() }
        handle(.opened)
        finish()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        services.metrics.sessionClosed()
        services.logger.debug("session ended", metadata: ["session": "\(id)"])
        keepAlive.stop()
        expiry.stop()
        output.close()
        self.context = nil
    }

    /// Something came from the peer, whatever it was.
    func heard() { keepAlive.heard() }

    /// A message came: called by the ``WebSocketHandler`` in the pipeline.
    func received(_ message: WebSocketMessage) {
        let bytes = message.bytes
        do {
            let action = try format.decodeAction(bytes, from: address, limits: services.configuration.limits)
            output.received(action, bytes: bytes.count)
            handle(event(paced(action, bytes: bytes.count)))
        } catch {
            services.metrics.received(.malformed, bytes: bytes.count)
            handle(.malformed(error))
        }
    }

    /// The action, or its refusal because of a rate.
    private func paced(_ action: ClientAction, bytes: Int) -> ClientAction {
        let now = cycleTime ?? .now()
        cycleTime = now
        visitor.pacer.frameCame(now)
        guard let session = visitor.session else { return action }
        let (admitted, isRefused) = session.admit(action, bytes: bytes, now: now)
        if isRefused { visitor.pacer.refused(now, bytes: bytes) }
        if case .send = action { services.sessions.senderCame(self) }
        return admitted
    }

    private func event(_ action: ClientAction) -> SessionEvent {
        guard case .refresh(let token, let id) = action else { return .received(action) }
        let verified = try? services.tokens.verifyWithKey(token)
        return .refreshing(verified?.claims, key: verified?.key, id: id)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        cycleTime = nil
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
        case let end as ServerEnds:
            let wait = RetryAfter.milliseconds(
                services.configuration.reconnectAfter, clients: end.clients, accepted: services.pace.limits.accepts)
            handle(.shutdown(reconnectAfter: wait))
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
        if case .page = event { services.sessions.passesTurn(id) }
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

    /// The token counts no more.
    func expire() {
        handle(.tokenExpired)
        finish()
    }

    private func beat() {
        guard context != nil else { return }
        handle(keepAlive.isIdle && !gate.holdsBack && !visitor.pacer.isHolding ? .idle : .pingDue)
        finish()
        keepAlive.schedule { [self] in beat() }
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
        case .write(let frame): output.write(frame)
        case .writePage(let deliveries): for delivery in deliveries { output.write(.deliver(delivery)) }
        case .enqueue(let command): append(command)
        case .heedClient(let now): apply(gate.heeded(now))
        case .askTurn: if services.sessions.asksTurn(id) { handle(.turnCame) }
        case .passTurn: services.sessions.passesTurn(id)
        case .expire(let time, let key):
            expiry.key = key ?? expiry.key
            expiry.schedule(at: time) { [self] in expire() }
        case .chargeMiss: visitor.session?.chargeMiss(now: .now())
        case .ping: output.ping()
        case .close(let code, let reason):
            services.logger.debug(
                "closing session", metadata: ["session": "\(id)", "code": "\(code.rawValue)", "reason": "\(reason)"])
            close(CloseWebSocket(code: code.rawValue, reason: reason))
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

    private func close(_ close: CloseWebSocket) {
        apply(gate.closing())
        services.sessions.drains(no: id)
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
        if output.flush() { noteUnsent() }
    }

    /// What the socket has not taken counts for the memory budget.
    func noteUnsent() {
        guard let bytes = try? channel.syncOptions?.getOption(.bufferedWritableBytes) else { return }
        services.sessions.unsent(bytes, of: id)
    }

    /// Memory is short: what this client has to say waits in the kernel.
    func holdBack(_ now: Bool) { visitor.pacer.holdBack(now) }

    /// It holds too much for too long; its mail is in the log.
    func cut() {
        services.logger.debug("cut a session that holds memory and takes nothing", metadata: ["session": "\(id)"])
        channel.cut()
    }

    private func apply(_ reading: Bool?) {
        guard let reading, context != nil else { return }
        channel.setOption(.autoRead, value: reading).whenFailure { _ in }
    }
}

extension Array {
    /// Keeps the room for a few: a session that had a page of hundreds once would hold on to room for them while it is idle.
    mutating func empty() { removeAll(keepingCapacity: capacity <= 8) }
}

@available(*, unavailable)
extension SessionHandler: Sendable {}
