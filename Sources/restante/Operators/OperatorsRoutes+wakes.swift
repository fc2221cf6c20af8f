import Hummingbird
import RestanteCore
import RestanteGateway
import RestantePush
import ServiceLifecycle

/// Wake-ups of a device: tried now, and what became of them.
extension OperatorsRoutes {
    func addWakes(to router: Router<BasicRequestContext>) {
        router.post("/v1/users/:user/devices/:device/wake") { request, context in
            try await answer {
                let isDryRun = try flag("dry_run", request)
                return try await wake(try device(context), isDryRun: isDryRun)
            }
        }
        router.get("/v1/users/:user/devices/:device/wakes") { _, context in
            try await answer { try await wakes(of: try device(context)) }
        }
    }

    private func wake(_ device: DeviceAddress, isDryRun: Bool) async throws -> WakeBody {
        let pusher = try somePusher
        guard case .wake(let wake) = try await gateway.request(.wake(of: device)) else { preconditionFailure() }
        let provider = wake.target.provider
        guard let test = await untilShutdown({ await pusher.test(wake, isDryRun: isDryRun) }) else {
            throw Refusal(
                .shuttingDown, "the server ends, and does not wait for \(provider.name): it may have taken it")
        }
        guard let answer = test else {
            throw Refusal(.badRequest, "\(provider.name) has no dry run: leave it out, and the device is woken")
        }
        return WakeBody(provider, answer)
    }

    private func wakes(of device: DeviceAddress) async throws -> [WakeEventBody] {
        let events = try somePusher.trace.events(of: device).map(WakeEventBody.init)
        // Of one that was unlinked meanwhile they are worth knowing, too.
        if events.isEmpty { try await requireDevice(device) }
        return events
    }

    private func requireDevice(_ address: DeviceAddress) async throws {
        guard case .devices(let list) = try await gateway.request(.devices(of: address.user)) else {
            preconditionFailure()
        }
        guard list.devices.contains(address.device) else { throw Refusal(.notFound, "there is no such device") }
    }

    private var somePusher: Pusher {
        get throws {
            guard let pusher else {
                throw OperatorsRefusal(
                    Refusal(.unavailable, "this server wakes nobody: no provider is set"), exitsWith: .configuration)
            }
            return pusher
        }
    }

    /// What comes of it, or nil when the server begins to end: then it is cancelled, and not waited for.
    private func untilShutdown<Result: Sendable>(_ body: @escaping @Sendable () async -> Result) async -> Result? {
        let (results, tell) = AsyncStream.makeStream(of: Result.self)
        let task = Task {
            tell.yield(await body())
            tell.finish()
        }
        defer { task.cancel() }
        return await withGracefulShutdownHandler {
            await results.first { _ in true }
        } onGracefulShutdown: {
            tell.finish()
        }
    }

    /// The one flag that a route has, of the query. What is neither is refused, and so is any other name: whoever wanted a dry run must
    /// not get a real one.
    private func flag(_ key: String, _ request: Hummingbird.Request) throws -> Bool {
        var isSet = false
        for (name, value) in request.uri.queryParameters {
            guard name == key else { throw Refusal(.badRequest, "the query has \(key) and nothing else") }
            switch value {
            case "true": isSet = true
            case "false": break
            default: throw Refusal(.badRequest, "\(key) is true or false")
            }
        }
        return isSet
    }
}
