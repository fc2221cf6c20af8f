import Foundation
import RestanteClient
import RestanteCore

/// Runs `body` with a client that is connected and stays so; whatever ends the client ends the body.
///
/// - Parameter reading: `body` only reads events, which end with the client: its return does not say that all is well.
func connected<Result: Sendable>(
    _ options: ClientOptions, patience: Int? = 4, reading: Bool = false,
    _ body: @Sendable (RestanteClient) async throws -> Result
) async throws -> Result {
    let client = RestanteClient(configuration: try await options.configuration(patience: patience))
    async let running: Void = client.run()
    do {
        let result = try await body(client)
        client.stop()
        do { try await running } catch let ended as ClientError where reading { throw ended } catch {}
        return result
    } catch {
        client.stop()
        // Why the client ended says more than what the body saw of it.
        do { try await running } catch let ended as ClientError { throw CommandFailure(ended) }
        throw CommandFailure(explaining: error)
    }
}

/// Asks the server one thing.
func ask(_ request: Request, _ options: ClientOptions) async throws -> Reply {
    try await connected(options) { try await $0.request(request) }
}

extension CommandFailure {
    init(_ error: ClientError) {
        switch error.code {
        case .badConfiguration, .alreadySending: self.init(.usage, error.message)
        case .unauthenticated, .forbidden: self.init(.notPermitted, error.message)
        case .displaced, .connectionLost, .stopped: self.init(.tryAgain, error.message)
        case .unreachable:
            self.init(.unavailable, "\(error.message). Is the server running, and at this address (--url)?")
        case .protocolViolation: self.init(.badData, error.message)
        }
    }

    init(_ refusal: Refusal) {
        let text = "\(refusal.code.name): \(refusal.reason)"
        switch refusal.code {
        case .shuttingDown, .unavailable, .rateLimited, .mailboxFull, .storageFull: self.init(.tryAgain, text)
        case .notAllowed, .deviceRevoked, .invalidToken, .tooManyDevices: self.init(.notPermitted, text)
        default: self.init(.badData, text)
        }
    }

    init(explaining error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let refusal as Refusal: self.init(refusal)
        case let error as ClientError: self.init(error)
        default: self.init(.inputOutput, "\(error)")
        }
    }
}
