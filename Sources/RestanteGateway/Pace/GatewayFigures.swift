public import NIOCore
import Synchronization

/// What operators want to know of a gateway's load.
public struct GatewayFigures: Sendable {
    /// Connections that are open.
    public var connections: Int
    /// Of these, such that have not said who they are.
    public var strangers: Int
    /// Devices that are connected.
    public var sessions: Int
    /// Handshakes that wait for the store.
    public var claims: Int
    /// Bytes that the buffers of all connections hold.
    public var bufferBytes: Int
    /// The longest that an event loop has kept its sockets waiting since this was last asked.
    public var longestStall: TimeAmount

    init(_ pace: Pace, longestStall: TimeAmount) {
        connections = pace.connections.load(ordering: .relaxed)
        strangers = pace.strangers.load(ordering: .relaxed)
        sessions = pace.sessions.load(ordering: .relaxed)
        claims = pace.claims.load(ordering: .relaxed)
        bufferBytes = pace.memory.bytes
        self.longestStall = longestStall
    }
}
