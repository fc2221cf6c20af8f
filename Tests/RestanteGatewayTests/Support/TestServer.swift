import CoreMetrics
import Logging
import NIOCore
import RestanteCore

@testable import RestanteGateway

/// A gateway on a free port with a scripted store, for as long as `body` runs.
struct TestServer: Sendable {
    var gateway: Gateway
    var store: ScriptedStore
    var host: String
    var port: Int
    var mint: TokenMint
    private let task: Task<Void, any Error>

    static func run(
        store: ScriptedStore = ScriptedStore(), log: RecordedLog? = nil,
        metrics: any MetricsFactory = NOOPMetricsHandler.instance,
        configure: (inout GatewayConfiguration) -> Void = { _ in },
        body: (TestServer) async throws -> Void
    ) async throws {
        var configuration = GatewayConfiguration()
        configuration.port = 0
        configuration.eventLoops = 2
        configuration.closeTimeout = .seconds(1)
        // Of a loaded machine too much would be asked by the usual ten; who tests it sets its own.
        configuration.handshakeTimeout = .seconds(120)
        configure(&configuration)
        let keys = try await TestKeys.hmac()
        let gateway = Gateway(
            configuration: configuration, store: store, directory: store, tokens: TokenVerifier(keys: keys),
            metrics: metrics,
            logger: Logger(label: "test", factory: { _ in log ?? SwiftLogNoOpLogHandler() as any LogHandler }))
        let task = Task { try await gateway.run() }
        let address = try await gateway.boundAddress
        let server = TestServer(
            gateway: gateway, store: store, host: address.ipAddress ?? "", port: address.port ?? 0,
            mint: try TokenMint(keys: keys), task: task)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(server))
        } catch {
            result = .failure(error)
        }
        task.cancel()
        store.letShutdownEnd()
        _ = await task.result
        try result.get()
    }

    func stop() { task.cancel() }

    /// How `run()` ended.
    func ended() async throws { try await task.value }

    func userToken(_ address: DeviceAddress = TestKeys.alice, lifetime: Int64 = 3600) throws -> String {
        try mint.mint(address, lifetime: lifetime)
    }

    func serviceToken() throws -> String { try mint.mint(ServiceName(unchecked: "backend"), lifetime: 3600) }
}
