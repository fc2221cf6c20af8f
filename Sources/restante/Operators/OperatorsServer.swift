import Foundation
import HTTPTypes
import Hummingbird
import Logging
import RestanteCore
import RestanteGateway
import RestanteStore
import ServiceLifecycle
import Synchronization

/// HTTP and JSON for operators on a Unix socket beside the database: `curl --unix-socket restante.db.sock http://x/v1/overview`.
///
/// Whoever may open the socket may do everything: its mode is 0600, so that is the server's own user.
struct OperatorsServer: Service {
    private let path: String
    private let gateway: Gateway
    private let routes: OperatorsRoutes
    private let logger: Logger

    init(
        path: String, gateway: Gateway, store: SQLiteStore, pusher: Pusher?, reloader: Reloader, metrics: MetricsRoute,
        logger: Logger
    ) {
        self.path = path
        self.gateway = gateway
        self.logger = logger
        routes = OperatorsRoutes(
            gateway: gateway, directory: store, backups: BackupRoute(store: store, logger: logger), pusher: pusher,
            reloader: reloader, metrics: metrics, logger: logger)
    }

    func run() async throws {
        try removeStale()
        let isBound = Mutex(false)
        // Hummingbird sets no mode, so the mask must be there when it binds; nothing else makes files at this moment.
        let mask = umask(0o077)
        let app = Application(
            router: routes.router(),
            configuration: .init(address: .unixDomainSocket(path: path), serverName: "restante"),
            onServerRunning: { _ in
                umask(mask)
                isBound.withLock { $0 = true }
            }, logger: quiet)
        defer { if isBound.withLock({ $0 }) { unlink(path) } }
        do {
            try await app.run()
        } catch  where !isBound.withLock({ $0 }) {
            umask(mask)
            throw cannotListen("\(error)")
        }
    }

    /// Takes away the socket that a killed server left, and nothing else.
    private func removeStale() throws(GatewayError) {
        // The link itself, if it is one.
        guard let found = try? FileManager.default.attributesOfItem(atPath: path) else { return }
        guard found[.type] as? FileAttributeType == .typeSocket else {
            throw cannotListen("there is something else with that name")
        }
        guard !isAnswered() else { throw cannotListen("another server listens there") }
        unlink(path)
    }

    private func isAnswered() -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        return withUnsafeBytes(of: &address) { bytes in
            connect(
                descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count)) == 0
        }
    }

    private func cannotListen(_ why: String) -> GatewayError {
        GatewayError(
            .cannotListen,
            "cannot make the operators' socket \(path): \(why). Name another with --operators-socket, or '' for none.")
    }

    /// Hummingbird's own start and stop lines would be taken for the server's.
    private var quiet: Logger {
        var logger = logger
        logger.logLevel = max(logger.logLevel, .warning)
        return logger
    }
}
