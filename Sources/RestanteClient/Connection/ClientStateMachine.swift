import RestanteCore

/// The life of a client over its connections, as a value: events in, actions out, no socket and no clock.
struct ClientStateMachine {
    enum State: Equatable {
        /// Between connections; `step` is what comes next.
        case between(NextStep)
        case connecting
        /// The socket is open, the server has not welcomed us.
        case open
        case welcomed
        case finished(ClientError?)
    }

    /// What the connection loop does next.
    enum NextStep: Equatable {
        /// Wait so many milliseconds, then connect; with a new token if the last one was refused.
        case connect(after: Int64, newToken: Bool)
        /// The end: nil when it was asked for.
        case finish(ClientError?)
    }

    enum Action: Equatable {
        case write(ClientFrame)
        /// Start the closing handshake with this code.
        case close(code: UInt16)
        case emit(ClientEvent)
        case answered(MessageID, SendAnswer)
        case rejected(MessageID, Refusal)
        case sendFailed(MessageID, ClientError)
        case replied(UInt64, Reply)
        case refused(UInt64, Refusal)
        case requestFailed(UInt64, ClientError)
    }

    struct Settings: Sendable, Equatable {
        var backoff = Backoff()
        var sendsInFlight = 64
        /// Attempts in a row without a welcome after which the client gives up; nil: never.
        var maximumFailures: Int?
        var canRenewToken = false
        /// Of a welcome before this client began; nil: not known.
        var lastEpoch: String?
    }

    let settings: Settings
    private(set) var state = State.between(.connect(after: 0, newToken: false))
    /// Which connection this is, from 1.
    private(set) var connection: UInt64 = 0
    var sends: OutgoingSends
    var requests = OutgoingRequests()
    /// The highest tag delivered on this connection, and the highest acknowledged.
    var delivered: UInt64 = 0
    var acknowledged: UInt64 = 0
    /// What the server asked for in `closing`, in milliseconds.
    var reconnectAfter: Int64?
    private var failures = 0
    /// The token of this connection was made for it, so that another one would fare no better.
    private var tokenIsNew = false
    /// Bytes of payload that the server takes in one message; nil: it has not said so yet.
    private var messageBytes: Int?
    private var epoch: String?

    init(settings: Settings) {
        self.settings = settings
        sends = OutgoingSends(limit: settings.sendsInFlight)
        epoch = settings.lastEpoch
    }

    /// What the connection loop does next; a connection that is to be made counts as begun.
    mutating func nextStep() -> NextStep {
        switch state {
        case .between(let step):
            if case .connect(_, let newToken) = step { begin(newToken: newToken) }
            return step
        case .finished(let error): return .finish(error)
        case .connecting, .open, .welcomed: preconditionFailure("asked for the next step while connected")
        }
    }

    private mutating func begin(newToken: Bool) {
        connection += 1
        tokenIsNew = newToken
        delivered = 0
        acknowledged = 0
        reconnectAfter = nil
        state = .connecting
    }

    /// The WebSocket is open. False: not wanted any more, close it.
    mutating func opened() -> Bool {
        guard state == .connecting else { return false }
        state = .open
        return true
    }

    mutating func welcomed(_ welcome: Welcome) -> [Action] {
        guard state == .open else { return protocolViolation() }
        state = .welcomed
        failures = 0
        tokenIsNew = false
        messageBytes = welcome.messageBytes
        var actions: [Action] = [.emit(.welcome(welcome))]
        if let epoch, epoch != welcome.epoch {
            actions.append(.emit(.epochChanged(from: epoch, to: welcome.epoch)))
        }
        epoch = welcome.epoch
        for submission in sends.unanswered() { actions.append(write(submission)) }
        return actions + fill()
    }

    /// Writes what has room, if there is a connection to write to.
    mutating func fill() -> [Action] {
        guard state == .welcomed else { return [] }
        var actions: [Action] = []
        // What is refused here makes room for others.
        while case let taken = sends.fill(), !taken.isEmpty {
            for submission in taken { actions.append(write(submission)) }
        }
        return actions + requests.fill().map { .write($0) }
    }

    /// A message that the server would close the connection for (its frame is too large) is refused here, or it would take
    /// the others down with it again and again; so is what the wire cannot say.
    private mutating func write(_ submission: Submission) -> Action {
        let refusal: Refusal
        if let messageBytes, submission.content.byteCount > messageBytes {
            refusal = Refusal(.tooLarge, "a message has at most \(messageBytes) bytes of payload")
        } else if let seconds = submission.timeToLive, seconds < 1 {
            refusal = Refusal(.badTTL, "a time to live is at least one second")
        } else {
            return .write(.send(submission))
        }
        sends.remove(submission.id)
        return .rejected(submission.id, refusal)
    }

    /// The connection ended, or could not be made.
    mutating func disconnected(
        _ disconnection: Disconnection, using generator: inout some RandomNumberGenerator
    ) -> [Action] {
        guard !isOver else { return [] }
        failures += 1
        let step = stepAfter(disconnection, using: &generator)
        var actions = abandonWhatCannotBeRepeated()
        state = .between(step)
        switch step {
        case .finish(let error):
            actions.append(.emit(.disconnected(disconnection, retryAfter: nil)))
            actions += finish(error)
        case .connect(let delay, _):
            actions.append(.emit(.disconnected(disconnection, retryAfter: delay)))
        }
        return actions
    }

    var isOver: Bool {
        if case .finished = state { return true }
        return false
    }

    /// Ends the client; everything that still waits is told. Nil: it was asked for.
    mutating func finish(_ error: ClientError?) -> [Action] {
        guard !isOver else { return [] }
        let wasOpen = state == .open || state == .welcomed
        state = .finished(error)
        let told = error ?? ClientError(.stopped, "the client was stopped before the answer came")
        return sends.removeAll().map { .sendFailed($0, told) } + requests.removeAll().map { .requestFailed($0, told) }
            + (wasOpen ? [.close(code: 1000)] : [])
    }

    private func stepAfter(
        _ disconnection: Disconnection, using generator: inout some RandomNumberGenerator
    ) -> NextStep {
        switch disconnection.verdict {
        case .giveUp(let error): return .finish(error)
        case .renewToken where !settings.canRenewToken || tokenIsNew:
            return .finish(
                ClientError(.unauthenticated, "the server does not accept the token (missing, expired or not for it)"))
        case .reconnect, .renewToken: break
        }
        if let maximum = settings.maximumFailures, failures >= maximum {
            return .finish(ClientError(.unreachable, "no connection after \(failures) attempts: \(disconnection)"))
        }
        let delay = reconnectAfter ?? settings.backoff.delay(failures: failures, using: &generator)
        return .connect(after: delay, newToken: disconnection.verdict == .renewToken)
    }

    private mutating func abandonWhatCannotBeRepeated() -> [Action] {
        let lost = ClientError(.connectionLost, "the connection ended before the answer: it may have been carried out")
        return sends.removeEphemeralInFlight().map { .sendFailed($0, lost) }
            + requests.connectionLost().map { .requestFailed($0, lost) }
    }

    func protocolViolation() -> [Action] { [.close(code: 1002)] }
}
