import CoreMetrics
import Glibc
import Logging
import NIOCore
import RestanteCore
import RestanteGateway
import RestanteMetrics
import RestantePush
import RestanteStore
import ServiceLifecycle
import UnixSignals

/// Puts the parts together: store, keys, gateway, operators' socket, signals.
struct Server {
    private var settings: ServeSettings

    private let metrics: PrometheusFactory

    init(_ settings: ServeSettings, metrics: PrometheusFactory) {
        self.settings = settings
        self.metrics = metrics
    }

    /// Returns after SIGTERM or SIGINT, when everything accepted has been answered and the file is closed.
    mutating func run() async throws {
        let logger = Logger(label: "restante")
        logger.info("starting", metadata: ["version": "\(Restante.version)", "process": "\(getpid())"])
        OpenFiles.raiseLimit()
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        // Before the database is opened: keys and certificates that cannot be served change nothing there.
        let given: KeySet? = settings.keys == nil ? nil : try await settings.loadKeys()
        settings.gateway.tls = if let files = settings.tls { try ServerTLS(files) } else { nil }
        let providers = try await PushProviders(settings.push)
        for warning in settings.warnings + (given?.warnings ?? []) { logger.warning("\(warning)") }
        do {
            try await serve(given, providers, hangups, logger)
        } catch {
            // Also of those that nobody has been given: a client must not go without it.
            for sender in providers.senders { await sender.shutdown() }
            throw error
        }
        logger.info("stopped: everything taken in has been answered, the file is closed")
    }

    private func serve(
        _ given: KeySet?, _ providers: PushProviders, _ hangups: UnixSignalsSequence, _ logger: Logger
    ) async throws {
        var options = StoreOptions(node: settings.gateway.node, limits: settings.gateway.limits)
        options.policies = settings.policies
        options.reserveBytes = settings.reserveBytes
        options.wakes.providers = Set(providers.senders.map(\.provider))
        options.wakes.fcmProjects = providers.fcmProjects
        options.wakes.interval = Int64(settings.push.interval) * 1000
        options.wakes.afterClose = Int64(settings.push.afterClose) * 1000
        let store = try SQLiteStore.open(path: settings.database, options: options)
        let keys =
            if let given { given } else {
                try await KeyFile.openOrCreate(at: settings.keyFile, algorithms: settings.tokenAlgorithms)
            }
        // The families are there also where no provider is.
        let pushMetrics = PushMetrics(metrics)
        let pusher =
            providers.senders.isEmpty
            ? nil : Pusher(providers.senders, store: store, metrics: pushMetrics, logger: logger)
        let gateway = Gateway(
            configuration: settings.gateway, store: store, directory: store,
            tokens: TokenVerifier(
                keys: keys, audience: settings.tokenAudience, issuer: settings.tokenIssuer,
                clockSkew: settings.tokenClockSkew),
            waker: pusher, metrics: metrics, logger: logger)
        measure(store, gateway)
        metrics.beforeEachText { pushMetrics.measure(pusher?.load ?? [:]) }
        let route = MetricsRoute(metrics: metrics, gateway: gateway)
        let reloader = Reloader(settings, gateway: gateway, logger: logger)
        var services: [any Service] = [
            Announcement(gateway: gateway, store: store, logger: logger),
            ReloadOnHangup(signals: hangups, reloader: reloader),
        ]
        if let path = settings.operatorsSocket {
            services.append(
                OperatorsServer(
                    path: path, gateway: gateway, store: store, pusher: pusher, reloader: reloader, metrics: route,
                    logger: logger))
        }
        if let port = settings.operatorsPort {
            services.append(
                MetricsServer(host: settings.operatorsHost, port: port, route: route, logger: logger))
        }
        services.append(gateway)
        let configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup)
            },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        do {
            try await ServiceGroup(configuration: configuration).run()
        } catch {
            await pusher?.shutdown()
            throw error
        }
        await pusher?.shutdown()
    }

    /// What is asked for at a scrape: it must be told also while the store hangs in a commit.
    private func measure(_ store: SQLiteStore, _ gateway: Gateway) {
        let process = ProcessMetrics(version: Restante.version, metrics)
        let commands = Meter(.queueCommands, metrics)
        let bytes = Meter(.queueBytes, metrics)
        let strangers = Meter(.strangers, metrics)
        let claims = Meter(.claims, metrics)
        let buffers = Meter(.bufferBytes, metrics)
        metrics.beforeEachText {
            process.measure()
            let backlog = store.backlog
            commands.set(backlog.commands)
            bytes.set(backlog.bytes)
            let figures = gateway.figures
            strangers.set(figures.strangers)
            claims.set(figures.claims)
            buffers.set(figures.bufferBytes)
        }
    }
}

/// Says on standard output where the server listens, once it does: scripts that start it on port 0 wait for this line.
private struct Announcement: Service {
    let gateway: Gateway
    let store: SQLiteStore
    let logger: Logger

    func run() async throws {
        let address = try await gateway.boundAddress
        print("listening = \(address.ipAddress ?? ""):\(address.port ?? 0)")
        fflush(nil)
        await warnOfTheUnserved()
        try await gracefulShutdown()
    }

    /// A provider was taken out of the settings, or given another project, most likely.
    private func warnOfTheUnserved() async {
        // If the store has ended, others say so.
        guard let count = try? await store.unservedTargets(), count > 0 else { return }
        logger.warning(
            "devices have registered with providers or Firebase projects that are not set: they are not woken",
            metadata: ["devices": "\(count)"])
    }
}
