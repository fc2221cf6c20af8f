/// A session in this process: given out by the gateway, never twice in one process.
public struct SessionID: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt64
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    public var description: String { String(rawValue, radix: 36) }
}

/// One call that is not a session's: a `POST /v1/messages`, an operator's command. Given out by the caller.
public struct CallID: Hashable, Sendable {
    public let rawValue: UInt64
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// Who asks, and whom the answer goes to.
public enum Origin: Hashable, Sendable {
    case session(SessionID)
    /// `issuedAt`: `iat` of its token, in seconds since the epoch. A token that was revoked since is refused with
    /// ``ErrorCode/invalidToken``.
    case service(CallID, ServiceName, issuedAt: Int64)
    case operators(CallID)
}

/// What a connection that has been authenticated needs to become the one reader of its device (P8).
public struct Claim: Sendable, Equatable {
    public var session: SessionID
    public var address: DeviceAddress
    /// `iat` of the token, in seconds since the epoch: a device unlinked since then may not register again with it, and
    /// after a revocation it is refused with ``ErrorCode/invalidToken``.
    public var tokenIssuedAt: Int64

    public init(session: SessionID, address: DeviceAddress, tokenIssuedAt: Int64) {
        self.session = session
        self.address = address
        self.tokenIssuedAt = tokenIssuedAt
    }
}

/// What the store is told to do. Commands of one caller are carried out in the order in which they were handed over.
public enum StoreCommand: Sendable, Equatable {
    /// Registers the device if it is new, displaces its older session, and raises its generation.
    case claim(Claim)
    /// The socket is gone. Harmless for a session that is not claimed (any more).
    case release(SessionID)
    case send(Submission, from: Origin)
    /// Everything up to and including `through` has been received. Counts for nothing from a displaced session.
    case acknowledge(SessionID, through: UInt64)
    /// Asks for the next page, as large as the session's window has room; the session is live if it came up short.
    case read(SessionID)
    /// The socket takes no more for now: the session is behind until it asks to read.
    case pause(SessionID)
    /// What became of a wake-up that the store asked for.
    case woken(Wake, WakeOutcome)
    /// `id` is the caller's own and comes back with the answer.
    case request(Request, id: UInt64, from: Origin)
}

/// What a claimed session is told.
public struct Claimed: Sendable, Equatable {
    public var address: DeviceAddress
    public var generation: Int64
    /// New at creation and at `restore`: then clients resend what they have no answer for.
    public var epoch: String
    public var pending: Pending
    /// Milliseconds since the epoch, UTC.
    public var serverTime: Int64

    public init(address: DeviceAddress, generation: Int64, epoch: String, pending: Pending, serverTime: Int64) {
        self.address = address
        self.generation = generation
        self.epoch = epoch
        self.pending = pending
        self.serverTime = serverTime
    }
}

/// Why the store ended a session.
public enum SessionEnd: Sendable, Equatable {
    /// A newer session of the same device (4409).
    case displaced
    /// The device was unlinked, or its user deleted (4403).
    case unlinked
    /// Its token counts no more (4401).
    case revoked
}

/// What a send is answered with.
public enum SendOutcome: Sendable, Equatable {
    /// Durable (P1). `duplicate`: it was before; nothing was stored now (P4).
    case accepted(at: Int64, duplicate: Bool)
    /// Ephemeral: handed to whoever is live.
    case relayed
    case rejected(Refusal)
}

/// What the store says, after the commit that makes it true is durable.
public enum StoreEvent: Sendable, Equatable {
    case claimed(SessionID, Claimed)
    case claimRefused(SessionID, Refusal)
    case ended(SessionID, SessionEnd)
    case sent(MessageID, SendOutcome, to: Origin)
    /// One message, live, to many sessions: each with its own tag.
    case live(Message, to: [LiveReader])
    /// An ephemeral message to sessions that are live; no tag, nothing to acknowledge.
    case relay(Message, to: [SessionID])
    /// The next of what is owed to one session, in order. `more`: the session is behind and should ask to read when
    /// its window has room; otherwise it is live from here on.
    case page(SessionID, [Delivery], more: Bool)
    /// The session was live and its window is full: it is behind now and should ask to read when there is room.
    case behind(SessionID)
    /// Every acknowledgement up to this tag is durable (P3).
    case acknowledged(SessionID, through: UInt64)
    /// A tag that was never given out was acknowledged: close with 4400.
    case acknowledgedUnknown(SessionID)
    /// All that was owed when the session was claimed has been acknowledged durably; once a session.
    case drained(SessionID)
    case replied(Result<Reply, Refusal>, id: UInt64, to: Origin)
}

/// A live session and the tag under which it gets a message.
public struct LiveReader: Sendable, Equatable {
    public var session: SessionID
    public var tag: UInt64

    public init(session: SessionID, tag: UInt64) {
        self.session = session
        self.tag = tag
    }
}

/// Takes what the store has to say.
public protocol StoreSink: Sendable {
    /// Called on the store's own thread, once a commit, after it is durable. Must not block.
    ///
    /// Events of one session come in the order in which they happened.
    func store(committed events: [StoreEvent])

    /// The queue, which was full, has room again: sessions may read their sockets. Called as ``store(committed:)`` is.
    func storeHasRoom()

    /// The store cannot go on (an I/O error at commit, a damaged file). Nobody was answered; the process must end with
    /// a non-zero exit code, and what is on disk decides after the restart.
    func store(failed error: any Error)

    /// Something that the operator should know; the store goes on. Called as ``store(committed:)`` is.
    func store(noticed notice: StoreNotice)

    /// Devices that are to be woken; what becomes of each comes back as ``StoreCommand/woken(_:_:)``. Called as ``store(committed:)``
    /// is.
    ///
    /// At least once: a wake-up that nothing came back for is asked for again by the next process. One that is asked for again in this
    /// one replaces the first.
    func store(wakes: [Wake])

    /// Devices that are not to be woken any more, whatever was asked for. Called as ``store(committed:)`` is.
    func store(unwoken devices: [DeviceAddress])

    /// What the store measured of its own work. Called as ``store(committed:)`` is, after it.
    func store(measured measure: StoreMeasure)
}

extension StoreSink {
    public func store(noticed notice: StoreNotice) {}
    public func store(wakes: [Wake]) {}
    public func store(unwoken devices: [DeviceAddress]) {}
    public func store(measured measure: StoreMeasure) {}
}

/// The one seam: a mailbox that holds messages durably until every device they are owed to has confirmed them.
///
/// Promises P1-P5 and P8 of the design are the store's to keep; the conformance suite in `Tests/` holds any store to
/// them. Commands from all callers go through one queue; everything waiting is one transaction, one sync, and one
/// batch of events to the sink. There is no promise or continuation per message.
public protocol MessageStore: Sendable {
    /// Begins to carry out commands and to report to `sink`. Called once.
    func start(reportingTo sink: any StoreSink)

    /// Hands over commands, in order. Never blocks and never refuses.
    ///
    /// - Returns: false when the queue is fuller than its bounds: the caller must stop reading its socket until
    ///   ``StoreSink/storeHasRoom()``.
    @discardableResult
    func enqueue(_ commands: [StoreCommand]) -> Bool

    /// Carries out what was handed over before, tells the sink, leaves the file clean, and ends. Later commands are
    /// dropped unanswered. Calling it again waits for the same end.
    func shutdown() async
}

/// Where a user's device is connected.
public struct SessionLocation: Sendable, Equatable {
    public var device: DeviceName
    /// The server that holds the socket.
    public var node: String
    public var generation: Int64
    /// Milliseconds since the epoch, UTC.
    public var connectedAt: Int64

    public init(device: DeviceName, node: String, generation: Int64, connectedAt: Int64) {
        self.device = device
        self.node = node
        self.generation = generation
        self.connectedAt = connectedAt
    }
}

/// Answers "is this device online, and where": the SQLite table when there is one server, Redis when there are many.
public protocol SessionDirectory: Sendable {
    /// Where the user's devices are connected; empty when none is.
    func sessions(of user: UserName) async throws -> [SessionLocation]
    /// Forgets all sessions of a node: a node does that for itself at its start.
    func clear(node: String) async throws
}
