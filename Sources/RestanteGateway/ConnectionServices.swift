import Logging
import NIOCore
import RestanteCore

/// What the handlers of a connection work with: the server's parts, and those of their event loop.
struct ConnectionServices: Sendable {
    var configuration: GatewayConfiguration
    var store: any MessageStore
    var tokens: TokenVerifier
    var calls: CallRegistry
    /// Of the connection's event loop.
    var sessions: SessionTable
    /// Of the connection's event loop.
    var metrics: GatewayMetrics
    var logger: Logger
    /// Whether the server takes work.
    var isReady: @Sendable () -> Bool
}

extension ConnectionServices {
    /// Whether the store carries out a command within the time: one that hangs in a commit is not ready.
    func probeStore(_ eventLoop: any EventLoop) -> EventLoopFuture<Bool> {
        let answered = eventLoop.makePromise(of: Bool.self)
        let deadline = eventLoop.scheduleTask(in: configuration.probeTimeout) { answered.succeed(false) }
        answered.futureResult.whenComplete { _ in deadline.cancel() }
        let call = calls.register { answer in
            if case .replied(.success) = answer { answered.succeed(true) } else { answered.succeed(false) }
        }
        if let call { store.enqueue([.request(.probe, id: 0, from: .operators(call))]) }
        return answered.futureResult
    }
}
