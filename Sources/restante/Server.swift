import Glibc
import Logging
import NIOCore
import RestanteGateway
import RestanteStore
import ServiceLifecycle
import UnixSignals

/// Puts the parts together: store, keys, gateway, operators' socket, signals.
struct Server {
    private let settings: ServeSettings

    init(_ settings: ServeSettings) {
        self.settings = settings
    }

    /// Returns after SIGTERM or SIGINT, when everything accepted has been answered and the file is closed.
    func run() async throws {
        let logger = Logger(label: "restante")
        // Before the database is opened: a key set that cannot be served changes nothing there.
        let given: KeySet? = if let file = settings.keys { try await KeySet.load(file: file) } else { nil }
        var options = StoreOptions(node: settings.gateway.node, limits: settings.gateway.limits)
        options.policies = settings.policies
        options.reserveBytes = settings.reserveBytes
        let store = try SQLiteStore.open(path: settings.database, options: options)
        let keys = if let given { given } else { try await KeyFile.openOrCreate(at: settings.keyFile) }
        let gateway = Gateway(
            configuration: settings.gateway, store: store, directory: store,
            tokens: TokenVerifier(keys: keys, audience: settings.tokenAudience, issuer: settings.tokenIssuer),
            logger: logger)
        var services: [any Service] = [Announcement(gateway: gateway)]
        if let path = settings.operatorsSocket {
            services.append(OperatorsServer(path: path, gateway: gateway, store: store, logger: logger))
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
