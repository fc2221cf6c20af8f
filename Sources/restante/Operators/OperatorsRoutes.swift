import Foundation
import HTTPTypes
import Hummingbird
import Logging
import RestanteCore
import RestanteGateway

/// What operators can ask for. Every answer is JSON; names in paths are percent-encoded.
struct OperatorsRoutes: Sendable {
    let gateway: Gateway
    let directory: any SessionDirectory
    let backups: BackupRoute
    let pusher: Pusher?
    let reloader: Reloader
    let metrics: MetricsRoute
    let logger: Logger

    func router() -> Router<BasicRequestContext> {
        let router = Router()
        metrics.add(to: router)
        router.get("/v1/overview") { _, _ in try await answer { try await overview() } }
        router.get("/v1/clock") { _, _ in try await answer { try await clock(.clock) } }
        router.post("/v1/clock/confirm") { _, _ in try await answer { try await clock(.confirmClock) } }
        router.post("/v1/reload") { _, _ in try await answer { await reloader.reload() } }
        router.get("/v1/users/:user/devices") { _, context in
            try await answer { try await devices(of: try user(context)) }
        }
        router.get("/v1/users/:user/sessions") { _, context in
            try await answer { try await sessions(of: try user(context)) }
        }
        router.delete("/v1/users/:user") { _, context in
            try await answer { try await done(.deleteUser(try user(context))) }
        }
        router.delete("/v1/users/:user/devices/:device") { _, context in
            try await answer { try await done(.unlink(try device(context))) }
        }
        addWakes(to: router)
        addRevocations(to: router)
        router.post("/v1/backup") { request, context in try await backups.answer(request, context) }
        return router
    }

    private func addRevocations(to router: Router<BasicRequestContext>) {
        router.post("/v1/users/:user/revoke") { _, context in
            try await answer { try await done(.revoke(.user(try user(context)))) }
        }
        router.post("/v1/users/:user/devices/:device/revoke") { _, context in
            try await answer { try await done(.revoke(.device(try device(context)))) }
        }
        router.post("/v1/services/:service/revoke") { _, context in
            try await answer { try await done(.revoke(.service(try parameter("service", context)))) }
        }
    }

    private func overview() async throws -> OverviewBody {
        guard case .overview(let overview) = try await gateway.request(.overview) else { preconditionFailure() }
        return OverviewBody(overview)
    }

    private func clock(_ request: RestanteCore.Request) async throws -> ClockBody {
        guard case .clock(let report) = try await gateway.request(request) else { preconditionFailure() }
        note(request)
        return ClockBody(report)
    }

    private func devices(of user: UserName) async throws -> [DeviceBody] {
        guard case .mailbox(let devices) = try await gateway.request(.mailbox(of: user)) else { preconditionFailure() }
        let locations = try await directory.sessions(of: user)
        return devices.map { device in DeviceBody(device, locations.first { $0.device == device.device }) }
    }

    private func sessions(of user: UserName) async throws -> [SessionBody] {
        try await directory.sessions(of: user).map(SessionBody.init)
    }

    private func done(_ request: RestanteCore.Request) async throws -> DoneBody {
        _ = try await gateway.request(request)
        note(request)
        return DoneBody()
    }

    /// What an operator has changed; about whom, at debug only.
    private func note(_ request: RestanteCore.Request) {
        switch request {
        case .unlink(let address):
            logger.info("an operator unlinked a device")
            logger.debug("unlinked by an operator", metadata: ["device": "\(address)"])
        case .deleteUser(let user):
            logger.info("an operator deleted a user")
            logger.debug("deleted by an operator", metadata: ["user": "\(user)"])
        case .revoke(let owner):
            logger.info("an operator revoked tokens")
            logger.debug("revoked by an operator", metadata: ["owner": "\(owner)"])
        case .confirmClock: logger.info("an operator confirmed the machine's clock")
        default: break
        }
    }

    private func user(_ context: BasicRequestContext) throws -> UserName { try parameter("user", context) }

    func device(_ context: BasicRequestContext) throws -> DeviceAddress {
        DeviceAddress(user: try user(context), device: try parameter("device", context))
    }

    private func parameter<Checked: Name>(_ key: String, _ context: BasicRequestContext) throws -> Checked {
        let text = context.parameters.get(key)?.removingPercentEncoding
        guard let name = text.flatMap(Checked.init(rawValue:)) else {
            throw Refusal(.badName, "\(key) is 1 to \(Limits.nameBytes) bytes of UTF-8, percent-encoded")
        }
        return name
    }

    /// The body as JSON, or what was refused with its status.
    func answer(_ body: () async throws -> some Encodable) async throws -> Response {
        do {
            return try json(try await body(), .ok)
        } catch let refusal as Refusal {
            return try json(ErrorBody(refusal), refusal.status)
        } catch let refusal as OperatorsRefusal {
            return try json(ErrorBody(refusal), refusal.refusal.status)
        }
    }

    private func json(_ body: some Encodable, _ status: HTTPResponse.Status) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: try encoder.encode(body) + Data("\n".utf8))))
    }
}

extension Refusal {
    fileprivate var status: HTTPResponse.Status {
        switch code {
        case .notFound: .notFound
        case .notAllowed: .forbidden
        case .shuttingDown, .unavailable: .serviceUnavailable
        default: .badRequest
        }
    }
}
