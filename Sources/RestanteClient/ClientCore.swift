import NIOCore
import RestanteCore
import RestanteWire

/// Performs what the state machine says: writes to the channel, resumes callers, queues events.
///
/// Everything here happens on one event loop, which is also that of every connection of the client.
final class ClientCore {
    private let loop: any EventLoop
    private let events: EventQueue
    private var machine: ClientStateMachine
    private var generator = SystemRandomNumberGenerator()
    private var channel: (any Channel)?
    private var handler: WebSocketHandler?
    private var sends: [MessageID: CheckedContinuation<SendAnswer, any Error>] = [:]
    private var requests: [UInt64: CheckedContinuation<Reply, any Error>] = [:]
    private var between: CheckedContinuation<Void, Never>?
    private var stepWaiting: CheckedContinuation<ClientStateMachine.NextStep, Never>?
    private var timer: Scheduled<Void>?
    let expiry: TokenExpiry

    init(loop: any EventLoop, events: EventQueue, settings: ClientStateMachine.Settings) {
        self.loop = loop
        self.events = events
        expiry = TokenExpiry(loop: loop)
        machine = ClientStateMachine(settings: settings)
    }

    // MARK: The connection loop

    /// Resumes with what to do next, after the wait that it asks for; at once when the client ends during the wait.
    func nextStep(_ continuation: CheckedContinuation<ClientStateMachine.NextStep, Never>) {
        loop.assertInEventLoop()
        let step = machine.nextStep()
        guard case .connect(let delay, _) = step, delay > 0 else { return continuation.resume(returning: step) }
        stepWaiting = continuation
        timer = loop.assumeIsolated().scheduleTask(in: .milliseconds(delay)) {
            self.stepWaiting.take()?.resume(returning: step)
        }
    }

    /// Resumes once the machine is between connections or finished.
    func resumeBetween(_ continuation: CheckedContinuation<Void, Never>) {
        between = continuation
        resumeIfBetween()
    }

    func finish(_ error: ClientError?) { perform(machine.finish(error)) }

    private func resumeIfBetween() {
        switch machine.state {
        case .between, .finished: between.take()?.resume()
        case .connecting, .open, .welcomed: break
        }
    }

    // MARK: The channel

    func opened(_ channel: any Channel, handler: WebSocketHandler) {
        loop.assertInEventLoop()
        guard machine.opened() else { return channel.close(promise: nil) }
        self.channel = channel
        self.handler = handler
    }

    func received(_ bytes: [UInt8]) {
        do {
            perform(machine.received(try ServerFrame(decoding: bytes)))
        } catch {
            perform([.close(code: error.closeCode.rawValue)])
        }
    }

    func disconnected(_ disconnection: Disconnection) {
        channel = nil
        handler = nil
        expiry.disconnected()
        // A refusal is told before the channel closes, and the close comes after it: only the first counts.
        if case .between = machine.state { return }
        perform(machine.disconnected(disconnection, using: &generator))
    }

    // MARK: Callers

    func submit(_ submission: Submission, _ continuation: CheckedContinuation<SendAnswer, any Error>) {
        guard sends[submission.id] == nil else {
            let error = ClientError(.alreadySending, "message \(submission.id) is being sent already")
            return continuation.resume(throwing: error)
        }
        sends[submission.id] = continuation
        perform(machine.submit(submission))
    }

    func abandonSend(_ id: MessageID) {
        guard let continuation = sends.removeValue(forKey: id) else { return }
        continuation.resume(throwing: CancellationError())
        perform(machine.abandonSend(id))
    }

    func ask(_ question: Question, _ continuation: CheckedContinuation<Reply, any Error>) -> UInt64 {
        let (id, actions) = machine.ask(question)
        requests[id] = continuation
        perform(actions)
        return id
    }

    func abandonRequest(_ id: UInt64) {
        guard let continuation = requests.removeValue(forKey: id) else { return }
        continuation.resume(throwing: CancellationError())
        machine.abandonRequest(id)
    }

    func acknowledge(through token: DeliveryToken) { perform(machine.acknowledge(through: token)) }

    // MARK: Actions

    private func perform(_ actions: [ClientStateMachine.Action]) {
        loop.assertInEventLoop()
        for action in actions { perform(action) }
        if machine.isOver { ended() }
        resumeIfBetween()
    }

    private func ended() {
        events.finish()
        timer?.cancel()
        expiry.end()
        stepWaiting.take()?.resume(returning: machine.nextStep())
    }

    private func perform(_ action: ClientStateMachine.Action) {
        switch action {
        case .write(let frame): write(frame)
        case .close(let code): channel.map { handler?.close($0, code: code) }
        case .emit(let event): emit(event)
        case .answered(let id, let answer): sends.removeValue(forKey: id)?.resume(returning: answer)
        case .rejected(let id, let refusal): sends.removeValue(forKey: id)?.resume(throwing: refusal)
        case .sendFailed(let id, let error): sends.removeValue(forKey: id)?.resume(throwing: error)
        case .replied(let id, let reply):
            if case .refreshed(let expiresAt) = reply { expiry.expires(at: expiresAt) }
            requests.removeValue(forKey: id)?.resume(returning: reply)
        case .refused(let id, let refusal): requests.removeValue(forKey: id)?.resume(throwing: refusal)
        case .requestFailed(let id, let error): requests.removeValue(forKey: id)?.resume(throwing: error)
        }
    }

    private func emit(_ event: ClientEvent) {
        if case .welcome(let welcome) = event {
            expiry.welcomed(serverTime: welcome.serverTime, expiresAt: welcome.expiresAt)
        }
        events.push(event)
    }

    private func write(_ frame: ClientFrame) {
        guard let channel, let handler else { return }
        handler.write(frame.encoded(), to: channel)
    }
}

@available(*, unavailable)
extension ClientCore: Sendable {}
