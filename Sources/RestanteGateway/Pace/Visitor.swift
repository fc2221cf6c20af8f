import NIOCore
import RestanteCore
import Synchronization

/// One connection as the limits see it: a stranger until it has said who it is. On its event loop.
final class Visitor {
    private enum Phase {
        /// A stranger whom we wait for.
        case stranger
        /// A stranger who waits for us: the store has its claim.
        case claiming
        /// A device's session, or a service.
        case known
        case gone
    }

    let pacer: ReadPacer
    let arrivedAt: NIODeadline
    private(set) var session: SessionPace?
    private let channel: any Channel
    private let pace: Pace
    private let address: Account?
    /// Of the client behind a proxy.
    private var client: Account?
    private var phase = Phase.stranger
    private var deadline: (timer: LoopTimers.Timer, of: LoopTimers)?
    private let left: () -> Void

    /// - Parameters:
    ///   - address: the account of the peer, entered as a stranger; nil: it has none.
    ///   - left: called when it is no stranger any more.
    init(
        _ channel: any Channel, _ pace: Pace, address: Account?, now: NIODeadline, left: @escaping () -> Void
    ) {
        self.channel = channel
        self.pace = pace
        self.address = address
        self.left = left
        arrivedAt = now
        pacer = ReadPacer(pace.limits.connection)
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in goes() }
    }

    /// How long it may stay a stranger, whatever it sends; then it is ended, and `timedOut` called.
    func limitTime(to timeout: TimeAmount, _ timers: LoopTimers, _ timedOut: @escaping () -> Void) {
        let timer = timers.schedule(in: timeout) { [weak self] in
            timedOut()
            self?.outOfTime()
        }
        deadline = (timer, timers)
    }

    /// Nothing but its own next step is in the way.
    var isWaitedFor: Bool { if case .stranger = phase { true } else { false } }

    /// It asks for a WebSocket. If a proxy asks for a client, the client's address is counted from now on.
    ///
    /// - Throws: a ``Refusal`` if that is one too many.
    func comes(from client: IPAddress) throws(Refusal) {
        guard address == nil, self.client == nil, phase == .stranger else { return }
        self.client = try pace.enter(from: client, isStranger: false, now: .now())
    }

    /// It has a good token, and wants to be its device's session.
    ///
    /// - Throws: a ``Refusal`` if that is too often, or one too many.
    func claims(_ address: DeviceAddress) throws(Refusal) {
        guard case .stranger = phase else { return }
        session = try SessionPace(address, pace, now: .now())
        phase = .claiming
        pace.claims.add(1, ordering: .relaxed)
    }

    /// The claim was answered; whether it was granted decides if it stays a stranger.
    func claimAnswered(granted: Bool) {
        guard case .claiming = phase else { return }
        pace.claims.subtract(1, ordering: .relaxed)
        phase = .stranger
        guard granted else {
            // A token that counts no more must not use up what the device with its new one may do.
            session?.undo()
            session = nil
            return
        }
        isKnown()
        pace.sessions.add(1, ordering: .relaxed)
    }

    /// It is a service, which has accounts of its own: a connection for each request is no attempt to come in.
    func isService() {
        guard case .stranger = phase else { return }
        address?.giveBack(1, .handshakes)
        isKnown()
    }

    /// It has said who it is: its time limit ends.
    private func isKnown() {
        guard case .stranger = phase else { return }
        phase = .known
        address?.isKnown()
        stopWaiting()
    }

    private func outOfTime() {
        if case .claiming = phase {
            cut(.error(Refusal(.unavailable, "the device could not be claimed in time", retryAfter: 1)))
        } else {
            cut(.tooSlow)
        }
    }

    /// It goes, and is told why if its socket takes that at once.
    func cut(_ answer: HTTPAnswer) {
        channel.triggerUserOutboundEvent(CutConnection(answer: answer), promise: nil)
    }

    private func goes() {
        let before = phase
        phase = .gone
        pace.connections.subtract(1, ordering: .relaxed)
        session?.leave()
        client?.leave()
        switch before {
        case .claiming:
            pace.claims.subtract(1, ordering: .relaxed)
            fallthrough
        case .stranger:
            address?.leave(isStranger: true)
            stopWaiting()
        case .known:
            address?.leave()
            if session != nil { pace.sessions.subtract(1, ordering: .relaxed) }
        case .gone: break
        }
    }

    private func stopWaiting() {
        if let deadline { deadline.of.cancel(deadline.timer) }
        deadline = nil
        left()
    }
}

@available(*, unavailable)
extension Visitor: Sendable {}
