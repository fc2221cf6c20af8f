import Synchronization

/// What operators want to know of a gateway's load, and nothing tells them as it happens.
public struct GatewayFigures: Sendable {
    /// Connections that have not said who they are.
    public var strangers: Int
    /// Handshakes that wait for the store.
    public var claims: Int
    /// Bytes that the buffers of all connections hold: those that ``PaceLimits/bufferBytes`` bounds.
    public var bufferBytes: Int

    init(_ pace: Pace) {
        strangers = pace.strangers.load(ordering: .relaxed)
        claims = pace.claims.load(ordering: .relaxed)
        bufferBytes = pace.memory.bytes
    }
}
