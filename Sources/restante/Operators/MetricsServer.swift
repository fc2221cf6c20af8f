import Glibc
import Hummingbird
import Logging
import NIOCore
import RestanteCore
import RestanteGateway
import ServiceLifecycle
import Synchronization

/// The operators' port: metrics and health for a Prometheus that does not run here. Nothing can be done on it, since whoever
/// reaches it is not asked who they are; the commands are on the operators' socket alone.
struct MetricsServer: Service {
    let host: String
    let port: Int
    let route: MetricsRoute
    let logger: Logger

    func run() async throws {
        let router = Router()
        route.add(to: router)
        let isBound = Mutex(false)
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let app = Application(
            router: router,
            configuration: .init(address: .hostname(host, port: port), serverName: "restante"),
            onServerRunning: { channel in
                isBound.withLock { $0 = true }
                announce(channel.localAddress)
            }, logger: quiet)
        do {
            try await app.run()
        } catch  where !isBound.withLock({ $0 }) {
            throw GatewayError(
                .cannotListen,
                "cannot listen on \(host):\(port) for operators: \(error). Name another port with --operators-port.")
        }
    }

    /// On standard output, for scripts that let it take a free port.
    private func announce(_ address: SocketAddress?) {
        let text = "\(address?.ipAddress ?? host):\(address?.port ?? port)"
        print("operatorsListening = \(text)")
        fflush(nil)
        logger.info("listening for operators", metadata: ["address": "\(text)"])
        guard let address, !address.isLoopback else { return }
        logger.warning(
            "the operators' port is not on loopback: whoever reaches it sees the metrics; let a firewall decide who does",
            metadata: ["address": "\(text)"])
    }
}

extension SocketAddress {
    /// 127.0.0.0/8 or ::1.
    var isLoopback: Bool {
        switch self {
        case .v4, .v6: ipAddress.flatMap { IPAddress($0) }?.isLoopback == true
        case .unixDomainSocket: true
        }
    }
}
