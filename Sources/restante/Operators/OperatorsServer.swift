import Foundation
import HTTPTypes
import Hummingbird
import Logging
import RestanteCore
import RestanteGateway
import ServiceLifecycle

/// HTTP and JSON for operators on a Unix socket beside the database: `curl --unix-socket restante.db.sock http://x/v1/overview`.
///
/// Whoever may open the socket may do everything: its mode is 0600, so that is the server's own user.
struct OperatorsServer: Service {
    private let path: String
    private let gateway: Gateway
    private let routes: OperatorsRoutes
    private let logger: Logger

    init(path: String, gateway: Gateway, directory: any SessionDirectory, logger: Logger) throws {
        self.path = path
        self.gateway = gateway
        self.logger = logger
        routes = OperatorsRoutes(gateway: gateway, directory: directory)
    }

    func run() async throws {
        // The store's lock is held by now, so a socket that is still there is what a killed server left.
        unlink(path)
        // Hummingbird sets no mode, so the mask must be there when it binds; nothing else makes files at this moment.
        let mask = umask(0o077)
        let app = Application(
            router: routes.router(),
            configuration: .init(address: .unixDomainSocket(path: path), serverName: "restante"),
            onServerRunning: { _ in umask(mask) }, logger: quiet)
        defer { unlink(path) }
        try await app.run()
    }

    /// Hummingbird's own start and stop lines would be taken for the server's.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}
