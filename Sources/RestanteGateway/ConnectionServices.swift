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
    var logger: Logger
    /// Whether the server takes work: what `/readyz` says.
    var isReady: @Sendable () -> Bool
}
