import RestanteCore
import RestanteWire

/// What can happen to a session.
enum SessionEvent: Sendable {
    // From the store, after a commit.
    case claimed(Claimed)
    case claimRefused(Refusal)
    case page([Delivery], more: Bool)
    case live(Message, tag: UInt64)
    /// A message that goes to others too; the tag is 0 for an ephemeral one.
    case shared(SharedMessage, tag: UInt64)
    case relayed(Message)
    case behind
    case acknowledged(through: UInt64)
    case acknowledgedUnknown
    case drained
    case sent(MessageID, SendOutcome)
    case replied(Result<Reply, Refusal>, id: UInt64)
    case ended(SessionEnd)
    // From the socket.
    /// The upgrade is complete: frames can be written.
    case opened
    case received(ClientAction)
    /// The client wants to go on with another token, which was looked at here, and the key that vouches for it; nil: it is
    /// not good.
    case refreshing(TokenClaims?, key: KeySet.Fingerprint?, id: UInt64)
    case malformed(WireError)
    case writable(Bool)
    /// The socket is gone.
    case closed
    // From timers and the server.
    /// The turn to read a page that was asked for.
    case turnCame
    case pingDue
    case idle
    case tokenExpired
    /// The server ends; the client should wait this many milliseconds before it connects again.
    case shutdown(reconnectAfter: UInt32)
}

extension SessionEvent {
    var isPage: Bool { if case .page = self { true } else { false } }
}

/// What the handler is to do about it, in order.
enum SessionAction: Sendable, Equatable {
    /// The device is this session's: the upgrade may be completed.
    case grantClaim
    case refuseClaim(Refusal)
    case write(SessionFrame)
    /// Write all of these; not empty.
    case writePage([Delivery])
    case enqueue(StoreCommand)
    /// Ask for a turn to read a page: ``SessionEvent/turnCame`` follows.
    case askTurn
    /// The turn that came is of no use now.
    case passTurn
    /// Whether to read the client's frames.
    case heedClient(Bool)
    /// The session ends then unless it is refreshed before; in milliseconds since the epoch. `key`: of the token that says
    /// so; nil: still the one that it had.
    case expire(at: Int64, key: KeySet.Fingerprint? = nil)
    /// A send was refused in a way that told its sender of another user's devices.
    case chargeMiss
    /// Send a WebSocket ping.
    case ping
    /// Begin the closing handshake; nothing is written after it.
    case close(WireCloseCode, reason: String)
}
