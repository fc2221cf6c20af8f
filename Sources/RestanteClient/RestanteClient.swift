import NIOCore
public import RestanteCore
import Synchronization

/// A device's connection to Restante: reconnects by itself, resends what has no answer, and delivers what arrives.
///
/// Call ``run()`` once and keep it running; the other calls may come before, during and from anywhere. What arrives is
/// in ``events``, one reader at a time. Nothing is acknowledged for the app: it acknowledges what it has kept, with
/// ``acknowledge(through:)``, and until then the same comes again after each reconnect.
public final class RestanteClient: Sendable {
    public let configuration: ClientConfiguration
    private let loop: any EventLoop
    private let core: NIOLoopBoundBox<ClientCore>
    private let queue: EventQueue
    private let token: Mutex<String>

    public init(configuration: ClientConfiguration) {
        self.configuration = configuration
        let loop = configuration.eventLoopGroup.next()
        let queue = EventQueue()
        let settings = ClientStateMachine.Settings(
            backoff: configuration.backoff, sendsInFlight: max(configuration.sendsInFlight, 1),
            maximumFailures: configuration.maximumFailures, canRenewToken: configuration.renewToken != nil,
            lastEpoch: configuration.lastEpoch)
        self.loop = loop
        self.queue = queue
        token = Mutex(configuration.token)
        core = .makeBoxSendingValue(ClientCore(loop: loop, events: queue, settings: settings), eventLoop: loop)
    }

    /// What happens, in order; ends when the client has ended.
    public var events: AsyncStream<ClientEvent> {
        AsyncStream { [queue] in await queue.next() }
    }

    /// Connects, and connects again, until ``stop()`` or the task is cancelled; then it returns.
    ///
    /// - Throws: ``ClientError`` when going on would be wrong (displaced, forbidden, unauthenticated, another
    ///   protocol) or no connection came about within the attempts allowed.
    public func run() async throws(ClientError) {
        let connector: WebSocketConnector
        do { connector = try WebSocketConnector(configuration) } catch { throw fail(asConfiguration: error) }
        await withTaskCancellationHandler {
            async let refreshing: Void = keepTokenFresh()
            while case .connect(_, let newToken) = await nextStep() {
                guard let token = await currentToken(renewed: newToken) else { continue }
                await connector.connect(token: token, core: core, on: loop)
                await untilBetween()
            }
            await refreshing
        } onCancel: {
            stop()
        }
        if case .finish(let error?) = await nextStep() { throw error }
    }

    /// Ends the client: closes the connection properly, and fails what still waits with ``ClientError/Code/stopped``.
    public func stop() {
        onLoop { $0.finish(nil) }
    }

    /// Sends a message and waits, across reconnects, until the server has it durably (P1).
    ///
    /// After a reconnect it is sent again under the same id, which is harmless (P4). An ephemeral message is not
    /// resent. Cancelling stops the waiting and the resending; the server may have the message nevertheless.
    ///
    /// - Throws: `Refusal` if the server does not take it; ``ClientError`` if the client ended first.
    public func send(_ submission: Submission) async throws -> SendAnswer {
        try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await withCheckedThrowingContinuation { continuation in
                onLoop { $0.submit(submission, continuation) }
            }
        } onCancel: {
            onLoop { $0.abandonSend(submission.id) }
        }
    }

    /// Asks the server something and waits for the answer.
    ///
    /// - Throws: `Refusal` if the server declines; ``ClientError`` with ``ClientError/Code/connectionLost`` if it is
    ///   unknown whether a change was made. Questions that change nothing are asked again by themselves.
    public func request(_ request: Request) async throws -> Reply { try await ask(.request(request)) }

    /// Lets the connection go on with another token of this device, which later connections use, too.
    ///
    /// - Returns: when the server ends the connection unless it is refreshed again, in milliseconds since the epoch.
    /// - Throws: `Refusal` if the token is not good, or another device's: the connection goes on with the one that it has;
    ///   ``ClientError`` with ``ClientError/Code/connectionLost`` if it ended before the answer.
    @discardableResult
    public func refresh(token new: String) async throws -> Int64 {
        guard case .refreshed(let expiresAt) = try await ask(.refresh(token: new)) else {
            throw ClientError(.protocolViolation, "the server answers a refresh with something else")
        }
        token.withLock { $0 = new }
        return expiresAt
    }

    private func ask(_ question: Question) async throws -> Reply {
        let id = Mutex<UInt64?>(nil)
        return try await withTaskCancellationHandler {
            try Task.checkCancellation()
            return try await withCheckedThrowingContinuation { continuation in
                onLoop { core in
                    let given = core.ask(question, continuation)
                    id.withLock { $0 = given }
                }
            }
        } onCancel: {
            onLoop { core in id.withLock { $0 }.map { core.abandonRequest($0) } }
        }
    }

    /// Tells the server that everything up to and including this delivery is kept and need not come again.
    ///
    /// Durable once ``ClientEvent/acknowledged(through:)`` says so. A token of an earlier connection does nothing.
    public func acknowledge(through token: DeliveryToken) {
        onLoop { $0.acknowledge(through: token) }
    }

    private func onLoop(_ body: @escaping @Sendable (ClientCore) -> Void) {
        loop.execute { [core] in body(core.value) }
    }

    private func nextStep() async -> ClientStateMachine.NextStep {
        await withCheckedContinuation { continuation in
            onLoop { $0.nextStep(continuation) }
        }
    }

    private func untilBetween() async {
        await withCheckedContinuation { continuation in
            onLoop { $0.resumeBetween(continuation) }
        }
    }

    /// A minute before the token of a connection expires, asks for a new one and goes on with it. If there is none the
    /// server ends the connection in its time, and the next one asks again.
    private func keepTokenFresh() async {
        guard let renew = configuration.renewToken else { return }
        while await isExpiring() {
            guard let new = try? await renew(), new != token.withLock({ $0 }) else { continue }
            _ = try? await refresh(token: new)
        }
    }

    private func isExpiring() async -> Bool {
        await withCheckedContinuation { continuation in
            onLoop { $0.expiry.next(continuation) }
        }
    }

    private func currentToken(renewed: Bool) async -> String? {
        let old = token.withLock { $0 }
        guard renewed, let renew = configuration.renewToken else { return old }
        do {
            let new = try await renew()
            guard new != old else { throw ClientError(.unauthenticated, "the server refuses the token; no newer one") }
            token.withLock { $0 = new }
            return new
        } catch {
            let told = error as? ClientError ?? ClientError(.unauthenticated, "no new token could be had")
            onLoop { $0.finish(told) }
            return nil
        }
    }

    private func fail(asConfiguration error: any Error) -> ClientError {
        let told = error as? ClientError ?? ClientError(.badConfiguration, "TLS cannot be set up: \(error)")
        onLoop { $0.finish(told) }
        return told
    }
}
