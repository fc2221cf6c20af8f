public import CoreMetrics
public import Logging
import NIOConcurrencyHelpers
public import NIOCore
import NIOHTTP1
import NIOPosix
public import RestanteCore
public import ServiceLifecycle
import Synchronization

/// Serves WebSocket and HTTP clients on one port, on behalf of a store.
///
/// `docs/GATEWAY.md` says which thread runs what.
public final class Gateway: Service, Sendable {
    /// How the serving came to its end.
    enum Ending {
        case asked
        case storeFailed(any Error)
    }

    private enum Phase {
        case starting
        case serving
        case ending
    }

    let configuration: GatewayConfiguration
    let store: any MessageStore
    private let directory: any SessionDirectory
    private let waker: (any DeviceWaker)?
    let tokens: TokenVerifier
    let storeMetrics: StoreMetrics
    private let watches: [LoopWatch]
    let refusals: RefusedHandshakes
    let logger: Logger
    let group: MultiThreadedEventLoopGroup
    let tables: [SessionTable]
    let calls = CallRegistry()
    let pace: Pace
    private let phase = NIOLockedValueBox(Phase.starting)
    private let bound = OneShot<Result<SocketAddress, GatewayError>>()
    let ending = OneShot<Ending>()
    /// Also when it fails while it is being shut down.
    let failure = OneShot<any Error>()

    public init(
        configuration: GatewayConfiguration, store: any MessageStore, directory: any SessionDirectory,
        tokens: TokenVerifier, waker: (any DeviceWaker)? = nil, metrics: any MetricsFactory = MetricsSystem.factory,
        logger: Logger
    ) {
        self.configuration = configuration
        self.store = store
        self.directory = directory
        self.waker = waker
        self.tokens = tokens
        storeMetrics = StoreMetrics(metrics)
        watches = (0..<configuration.eventLoops).map { LoopWatch(loop: $0, metrics) }
        self.logger = logger
        let refusals = RefusedHandshakes(logger)
        self.refusals = refusals
        group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.eventLoops)
        let pace = Pace(configuration.pace, eventLoops: configuration.eventLoops)
        self.pace = pace
        tables = group.makeIterator().enumerated().map { index, eventLoop in
            SessionTable(
                eventLoop: eventLoop, index: index, store: store, pace: pace,
                handshakeTimeout: configuration.handshakeTimeout, metrics: GatewayMetrics(metrics, refusals))
        }
    }

    /// Listens, serves, and ends in good order.
    ///
    /// Returns after a graceful shutdown (or the task's cancellation): no new connections, no further client frames,
    /// everything handed to the store answered, `closing` and close code 1001 to every session, all within
    /// ``GatewayConfiguration/shutdownGrace``. The store is shut down then, too.
    ///
    /// - Throws: ``GatewayError`` if the address cannot be listened on, or if the store failed: then nobody has been
    ///   answered, and the process must exit non-zero. Whatever `directory` throws, too.
    public func run() async throws {
        let dispatcher = Dispatcher(tables: tables, calls: calls, waker: waker, metrics: storeMetrics, logger: logger) {
            [ending, failure] in
            failure.set($0)
            ending.set(.storeFailed($0))
        }
        store.start(reportingTo: dispatcher)
        let listener: any Channel
        do {
            try await directory.clear(node: configuration.node)
            listener = try await listen()
        } catch {
            bound.set(.failure(error as? GatewayError ?? GatewayError(.cannotListen, "the gateway did not start")))
            await store.shutdown()
            try await group.shutdownGracefully()
            throw error
        }
        if let table = tables.first { refusals.start(on: table.eventLoop) }
        for (watch, table) in zip(watches, tables) { watch.start(on: table.eventLoop) }
        phase.withLockedValue { $0 = .serving }
        if let address = listener.localAddress {
            logger.info("listening", metadata: ["address": "\(address.ipAddress ?? ""):\(address.port ?? 0)"])
            bound.set(.success(address))
        }
        let outcome = await waitForEnd()
        phase.withLockedValue { $0 = .ending }
        try await end(outcome, listener)
    }

    /// The address that clients connect to; waits until it is known.
    public var boundAddress: SocketAddress {
        get async throws(GatewayError) { try await bound.value().get() }
    }

    /// Whether it listens and takes work: false before and after.
    public var isReady: Bool { phase.withLockedValue { $0 == .serving } }

    /// Verifies tokens with these keys from now on, and ends the open sessions whose token's key is not among them.
    ///
    /// They get 4401, as when their token expires: a token that would be refused now keeps no session open.
    public func use(_ keys: KeySet) {
        tokens.use(keys)
        for table in tables { table.eventLoop.execute { table.endSessionsWithoutKey() } }
    }

    /// How it stands at the moment; any thread may ask.
    public var figures: GatewayFigures { GatewayFigures(pace) }

    /// Whether it also answers: the store carried out a command within ``GatewayConfiguration/probeTimeout``.
    public func isAnswering() async -> Bool {
        guard isReady, let table = tables.first else { return false }
        return (try? await services(table).probeStore(table.eventLoop).get()) ?? false
    }

    /// Runs something on each event loop, and returns when all have; for tests.
    func onEveryLoop(_ body: @escaping @Sendable () -> Void) async throws {
        for table in tables { try await table.eventLoop.submit(body).get() }
    }

    // MARK: - Calls of this process

    /// Asks the store as an operator; answered after the commit.
    public func request(_ request: Request) async throws(Refusal) -> Reply {
        switch await call({ .request(request, id: 0, from: .operators($0)) }) {
        case .replied(let result): return try result.get()
        case .lost(let refusal): throw refusal
        case .sent: preconditionFailure("a request is not answered as a send")
        }
    }

    /// Sends as a service; answered after the commit, as the wire does. There is no token that could be revoked.
    public func send(_ submission: Submission, as service: ServiceName) async -> SendOutcome {
        switch await call({ .send(submission, from: .service($0, service, issuedAt: .max)) }) {
        case .sent(let outcome): return outcome
        case .lost(let refusal): return .rejected(refusal)
        case .replied: preconditionFailure("a send is not answered as a request")
        }
    }

    private func call(_ command: (CallID) -> StoreCommand) async -> CallRegistry.Answer {
        await withCheckedContinuation { continuation in
            if let id = calls.register({ continuation.resume(returning: $0) }) { store.enqueue([command(id)]) }
        }
    }
}
