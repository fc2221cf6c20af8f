import RestanteCore
import RestanteWire

/// The life of one connection of one device: claimed before the upgrade, open, closing, closed.
///
/// A value without clock, socket or store: events go in, actions come out, and the handler performs them in order.
struct SessionStateMachine {
    private enum Phase {
        /// The claim is with the store.
        case claiming
        /// The device is ours; the upgrade is on its way. The store may have ended the session meanwhile.
        case claimed(Claimed, ended: SessionEnd?)
        case open
        /// Our close frame is out: all that matters is that the socket goes.
        case closing
        case closed
    }

    private let session: SessionID
    let address: DeviceAddress
    private let limits: Limits
    /// When its token expires, in milliseconds since the epoch.
    var expiresAt: Int64
    private var phase = Phase.claiming
    private var window: SessionWindow
    private var flow = ReadFlow()
    private var unanswered = UnansweredCalls()

    init(session: SessionID, address: DeviceAddress, expiresAt: Int64, limits: Limits) {
        self.session = session
        self.address = address
        self.expiresAt = expiresAt
        self.limits = limits
        window = SessionWindow(limits: limits)
    }

    /// Takes an event and appends what is to be done about it.
    mutating func handle(_ event: SessionEvent, into actions: inout [SessionAction]) {
        switch phase {
        case .claiming: whileClaiming(event, &actions)
        case .claimed(let claimed, let ended): whileUpgrading(event, claimed, ended, &actions)
        case .open: whileOpen(event, &actions)
        case .closing: if case .closed = event { phase = .closed }
        case .closed: break
        }
    }

    // MARK: - Before it is open

    private mutating func whileClaiming(_ event: SessionEvent, _ actions: inout [SessionAction]) {
        switch event {
        case .claimed(let claimed):
            phase = .claimed(claimed, ended: nil)
            actions.append(.grantClaim)
        case .claimRefused(let refusal):
            phase = .closed
            actions.append(.refuseClaim(refusal))
        case .closed, .shutdown:
            phase = .closed
            actions.append(.enqueue(.release(session)))
            actions.append(.refuseClaim(Refusal(.shuttingDown, "the server is shutting down", retryAfter: 1)))
        case .opened: preconditionFailure("upgraded before the claim was granted")
        default: break
        }
    }

    private mutating func whileUpgrading(
        _ event: SessionEvent, _ claimed: Claimed, _ ended: SessionEnd?, _ actions: inout [SessionAction]
    ) {
        switch event {
        case .opened:
            phase = .open
            if let ended {
                end(ended, &actions)
                return
            }
            actions.append(
                .write(
                    .other(
                        .welcome(
                            session: session.description, claimed: claimed, limits: limits, expiresAt: expiresAt))))
            actions.append(.expire(at: expiresAt))
            perform(flow.start(), &actions)
        case .ended(let end): phase = .claimed(claimed, ended: end)
        case .closed:
            phase = .closed
            actions.append(.enqueue(.release(session)))
        default: break
        }
    }

    // MARK: - Open

    private mutating func whileOpen(_ event: SessionEvent, _ actions: inout [SessionAction]) {
        switch event {
        case .received(let action): received(action, &actions)
        case .refreshing(let claims, let key, let id): refresh(claims, key, id, &actions)
        case .page(let deliveries, let more): page(deliveries, more: more, &actions)
        case .live(let message, let tag):
            window.deliver(tag: tag, bytes: message.payload.count)
            actions.append(.write(.message(message, tag: tag)))
        case .shared(let shared, let tag):
            window.deliver(tag: tag, bytes: shared.message.payload.count)
            actions.append(.write(.shared(shared, tag: tag)))
        case .relayed(let message): actions.append(.write(.message(message, tag: 0)))
        case .behind: perform(flow.behind(window: window), &actions)
        case .acknowledged(let through): actions.append(.write(.acked(through: through)))
        case .drained: actions.append(.write(.other(.drained())))
        case .sent(let id, let outcome):
            actions.append(.write(.sent(id, outcome)))
            if !unanswered.wasToSelf(id), outcome.isMiss { actions.append(.chargeMiss) }
            if unanswered.sendWasAnswered() { actions.append(.heedClient(true)) }
        case .replied(let result, let id):
            let key = unanswered.requestWasAnswered(id)
            actions.append(.write(.other(.answered(refreshed(result, key, &actions), id: id))))
        case .turnCame:
            if let step = flow.turnCame() { perform(step, &actions) } else { actions.append(.passTurn) }
        case .writable(let now): perform(flow.writable(now, window: window), &actions)
        case .pingDue: actions.append(.ping)
        default: ending(event, &actions)
        }
    }

    private mutating func received(_ action: ClientAction, _ actions: inout [SessionAction]) {
        switch action {
        case .send(let submission):
            actions.append(.enqueue(.send(submission, from: .session(session))))
            let isToSelf = submission.recipient.user == address.user
            if unanswered.sent(submission.id, toSelf: isToSelf) { actions.append(.heedClient(false)) }
        case .acknowledge(let through):
            actions.append(.enqueue(.acknowledge(session, through: through)))
            window.acknowledge(through: through)
            perform(flow.acknowledged(window: window), &actions)
        case .ping: actions.append(.write(.other(.pong())))
        case .request(let request, let id):
            if let fault = request.keyFault { return received(.failRequest(id: id, fault), &actions) }
            ask(request, id, &actions)
        case .refresh: preconditionFailure("the handler verifies the token")
        case .rejectSend(let id, let refusal): actions.append(.write(.other(.rejected(messageID: id, refusal))))
        case .failRequest(let id, let refusal): actions.append(.write(.other(.answered(.failure(refusal), id: id))))
        }
    }

    mutating func ask(
        _ request: Request, _ id: UInt64, key: KeySet.Fingerprint? = nil, _ actions: inout [SessionAction]
    ) {
        guard unanswered.asked(id, key: key) else {
            let refusal = Refusal(
                .rateLimited, "more than \(UnansweredCalls.mostRequests) requests wait for an answer", retryAfter: 1)
            actions.append(.write(.other(.answered(.failure(refusal), id: id))))
            return
        }
        actions.append(.enqueue(.request(request, id: id, from: .session(session))))
    }

    /// The next page is asked for before this one is written: a write may fill the socket, and then the pause that
    /// follows must reach the store after the asking.
    private mutating func page(_ deliveries: [Delivery], more: Bool, _ actions: inout [SessionAction]) {
        for delivery in deliveries { window.deliver(tag: delivery.tag, bytes: delivery.owed.windowBytes) }
        perform(flow.page(isEmpty: deliveries.isEmpty, more: more, window: window), &actions)
        if !deliveries.isEmpty { actions.append(.writePage(deliveries)) }
    }

    private func perform(_ step: ReadFlow.Step?, _ actions: inout [SessionAction]) {
        switch step {
        case .askTurn: actions.append(.askTurn)
        case .read: actions.append(.enqueue(.read(session)))
        case .pause: actions.append(.enqueue(.pause(session)))
        case nil: break
        }
    }

    // MARK: - The end

    private mutating func ending(_ event: SessionEvent, _ actions: inout [SessionAction]) {
        switch event {
        case .ended(let end): self.end(end, &actions)
        case .malformed(let error): close(error.closeCode, error.message, &actions)
        case .acknowledgedUnknown: close(.badFrame, "acknowledges a tag that was never sent", &actions)
        case .idle: close(.idle, word: "idle", &actions)
        case .tokenExpired: close(.unauthenticated, word: "token_expired", &actions)
        case .shutdown(let wait): close(.goingAway, word: "shutting_down", reconnectAfter: wait, &actions)
        case .closed:
            phase = .closed
            actions.append(.enqueue(.release(session)))
        case .claimed, .claimRefused, .opened: preconditionFailure("a session is claimed and opened once")
        default: preconditionFailure("handled while open")
        }
    }

    private mutating func end(_ end: SessionEnd, _ actions: inout [SessionAction]) {
        switch end {
        case .displaced: close(.displaced, word: "displaced", &actions)
        case .unlinked: close(.forbidden, word: "unlinked", &actions)
        case .revoked: close(.unauthenticated, word: "token_revoked", &actions)
        }
    }

    private mutating func close(
        _ code: WireCloseCode, word: String, reconnectAfter: UInt32 = 0, _ actions: inout [SessionAction]
    ) {
        actions.append(.write(.other(.closing(reason: word, reconnectAfterMilliseconds: reconnectAfter))))
        close(code, word, &actions)
    }

    /// The device is free for its next session as soon as this one can hear nothing more.
    private mutating func close(_ code: WireCloseCode, _ reason: String, _ actions: inout [SessionAction]) {
        phase = .closing
        actions.append(.close(code, reason: reason))
        actions.append(.enqueue(.release(session)))
    }
}
