public import NIOCore

/// Every limit on how much and how fast, in one place; `docs/CONFIGURATION.md`, "Limits and pace", has them as a table.
///
/// ``Limits`` has those on lengths and on what is stored. A rate of nil, or a count of nil, is no limit.
public struct PaceLimits: Sendable {
    // MARK: The server as a whole

    /// Connections open at a time; beyond, 503. Nil: as many as the process may open files, less ``spareFiles``.
    public var connections: Int?
    /// Descriptors that are never a client's: the database, its WAL, the lock, the operators' sockets, event loops.
    public static let spareFiles = 128
    /// Connections taken from the kernel's backlog; the others wait there. A handshake costs some 100 µs with HS256, some
    /// 1 ms with TLS: this leaves most of a core to those who are connected, and 10,000 clients are back in 10 s. Few at
    /// once, since each burst is work that an event loop does in one go.
    public var accepts = Rate(1000, burst: 100)
    /// Handshakes that may wait for the store; while there are more, no connection is taken from the backlog. What fits
    /// into one commit is soon answered, more would only wait here.
    public var claims = 512
    /// Connections that the kernel keeps until they are taken (`listen(2)`; `net.core.somaxconn` bounds it, too).
    public static let backlog: Int32 = 4096
    /// Connections that have not said who they are; beyond, the longest of them is cut for the newest.
    public var strangers = 4096
    /// How long a stranger is left alone in any case: time for a round trip or two.
    public var strangersGrace = TimeAmount.seconds(1)
    /// Sessions that may be sent a page of what waits for them at a time, on all event loops together: what they read is
    /// in memory between the store and their sockets, at most 1 MiB each.
    public var drains = 64
    /// Refused connections that are told why over TLS, on each event loop: it costs a handshake. The others are cut.
    public static let refusedOverTLS = Rate(25, burst: 50)
    /// Bytes that the buffers of all connections may hold: what sockets have not taken, messages and bodies that are put
    /// together. Nil: a quarter of the machine's memory, or of the control group's. ``Shortage`` says what happens
    /// when they run out. What waits for the store has a bound of its own, ``Limits/queuedBytes``.
    public var bufferBytes: Int?
    /// A machine with less memory gets no less.
    public static let leastBufferBytes = 128 << 20
    /// How long a socket may take for half of what it has to before its session is cut, if memory is short and nobody holds
    /// more.
    public var stuckAfter = TimeAmount.seconds(10)
    /// How long events of a commit may occupy an event loop before other sockets have their turn.
    public var slice = TimeAmount.milliseconds(10)

    // MARK: By whom

    /// An address (IPv4, or the /64 of IPv6) that is not known to be a proxy. High, since a company or a mobile network may
    /// be behind it.
    public var address = Allowance.address
    /// A user, over all devices.
    public var user = Allowance.user
    /// A device: a quarter of what its user may or more.
    public var device = Allowance.device
    /// A service of the app's own backend.
    public var service = Allowance.service
    /// One connection: beyond, its socket is read slower. Nothing is refused for it.
    public var connection = ConnectionRates()
    /// Whether a peer on this machine has no limits as an address: it is a proxy, or somebody who may do worse.
    public var trustsLoopback = true
    /// Accounts kept of each kind; some 300 bytes each.
    public var accounts = 65_536

    public init() {}
}

/// How fast a connection's socket is read, whatever comes.
public struct ConnectionRates: Sendable {
    /// Bytes as they come.
    public var bytes: Rate? = Rate(4 << 20, burst: 16 << 20)
    /// WebSocket frames, control frames among them: an acknowledgement for each message of a drain is 5,000 a second.
    public var frames: Rate? = Rate(5000, burst: 10_000)
    /// Refusals because of a rate or of a form, and each 4 KiB that were refused: whoever goes on nevertheless is read at the
    /// pace at which it earns them.
    public var refusals = Rate(10, burst: 100)
    /// The longest that a socket is not read for it; much less than a client waits for the answer to a ping.
    public var mostDebt = TimeAmount.seconds(5)

    public init() {}
}

extension Allowance {
    fileprivate static var address: Allowance {
        var allowance = Allowance()
        allowance.connections = 4096
        allowance.strangers = 256
        allowance.handshakes = Rate(50, burst: 1000)
        allowance.requests = Rate(200, burst: 2000)
        return allowance
    }

    fileprivate static var user: Allowance {
        var allowance = Allowance()
        // Sixteen devices, each with sockets that a change of networks has left behind.
        allowance.connections = 64
        allowance.handshakes = Rate(60, per: .minutes(1), burst: 200)
        allowance.messages = Rate(100, burst: 2000)
        allowance.bytes = Rate(4 << 20, burst: 64 << 20)
        allowance.requests = Rate(40, burst: 400)
        // An address book at once, and then a new face every two seconds.
        allowance.lookUps = Rate(30, per: .minutes(1), burst: 300)
        return allowance
    }

    fileprivate static var device: Allowance {
        var allowance = Allowance()
        // Two that believe to be the same device displace each other for ever.
        allowance.handshakes = Rate(12, per: .minutes(1), burst: 60)
        // A day's messages written without a network go out at once.
        allowance.messages = Rate(50, burst: 1000)
        allowance.bytes = Rate(2 << 20, burst: 32 << 20)
        allowance.requests = Rate(20, burst: 200)
        return allowance
    }

    fileprivate static var service: Allowance {
        var allowance = Allowance()
        allowance.messages = Rate(1000, burst: 10_000)
        allowance.bytes = Rate(32 << 20, burst: 256 << 20)
        allowance.requests = Rate(1000, burst: 10_000)
        return allowance
    }
}
