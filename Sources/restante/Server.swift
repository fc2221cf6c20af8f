import Glibc
import Logging
import NIOCore
import RestanteGateway
import RestanteStore
import ServiceLifecycle
import UnixSignals

/// Puts the parts together: store, keys, gateway, operators' socket, signals.
struct Server {
    private var settings: ServeSettings

    init(_ settings: ServeSettings) {
        self.settings = settings
    }

    /// Returns after SIGTERM or SIGINT, when everything accepted has been answered and the file is closed.
    mutating func run() async throws {
        let logger = Logger(label: "restante")
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        // Before the database is opened: keys and certificates that cannot be served change nothing there.
        let given: KeySet? = settings.keys == nil ? nil : try await settings.loadKeys()
        settings.gateway.tls = if let files = settings.tls { try ServerTLS(files) } else { nil }
        for warning in settings.warnings + (given?.warnings ?? []) { logger.warning("\(warning)") }
        var options = StoreOptions(node: settings.gateway.node, limits: settings.gateway.limits)
        options.reserveBytes = settings.reserveBytes
        let store = try SQLiteStore.open(path: settings.database, options: options)
        let keys =
            if let given { given } else {
                try await KeyFile.openOrCreate(at: settings.keyFile, algorithms: settings.tokenAlgorithms)
            }
        let gateway = Gateway(
            configuration: settings.gateway, store: store, directory: store,
            tokens: TokenVerifier(
                keys: keys, audience: settings.tokenAudience, issuer: settings.tokenIssuer,
                clockSkew: settings.tokenClockSkew),
            logger: logger)
        let reloader = Reloader(settings, gateway: gateway, logger: logger)
        var services: [any Service] = [
            Announcement(gateway: gateway), ReloadOnHangup(signals: hangups, reloader: reloader),
        ]
        if let path = settings.operatorsSocket {
            services.append(
                OperatorsServer(path: path, gateway: gateway, store: store, reloader: reloader, logger: logger))
        }
        services.append(gateway)
        let configuration = ServiceGroupConfiguration(
            services: services.map {
                .init(
                    service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
                    failureTerminationBehavior: .gracefullyShutdownGroup)
            },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        try await ServiceGroup(configuration: configuration).run()
    }
}

/// Says on standard output where the server listens, once it does: scripts that start it on port 0 wait for this line.
private struct Announcement: Service {
    let gateway: Gateway

    func run() async throws {
        let address = try await gateway.boundAddress
        print("listening = \(address.ipAddress ?? ""):\(address.port ?? 0)")
        fflush(nil)
        try await gracefulShutdown()
    }
}
