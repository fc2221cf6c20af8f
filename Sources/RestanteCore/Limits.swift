/// Every limit of the service, in one place.
///
/// The server tells clients those that concern them in `welcome.limits`. A limit is checked before anything is
/// allocated for what it limits.
public struct Limits: Sendable, Equatable {
    /// Bytes of UTF-8 in a name of a user, device, group or service. Not configurable: the schema relies on it.
    public static let nameBytes = 128

    /// Bytes of payload in one message; for a sealed send, of all its parts together.
    public var messageBytes = 256 * 1024
    /// Messages that a session may hold unacknowledged.
    public var windowMessages = 256
    /// Bytes of payload that a session may hold unacknowledged; one message may always go, however large.
    public var windowBytes = 1024 * 1024
    /// Members of a group.
    public var groupMembers = 1024
    /// Groups that a user may be in.
    public var groupsPerUser = 256
    /// Users that a user may have blocked.
    public var blocksPerUser = 10_000
    /// Devices that a user may have linked.
    public var devicesPerUser = 16
    /// Seconds that a message is kept when its sender does not say, and the most that a sender may ask for.
    public var timeToLive = 30 * 24 * 3600
    /// Seconds for which a resend is recognised.
    public var dedupeHorizon = 7 * 24 * 3600
    /// Messages that are remembered for it at most: under more than that, resends are recognised for a shorter time.
    public var dedupeRows: Int64 = 20_000_000
    /// Messages of one log that may wait for one device; beyond, the oldest quarter is lost to it, and told as a gap.
    public var mailboxMessages: Int64 = 200_000
    /// Bytes of payload of one log that may wait for one device; at least twice ``messageBytes``.
    public var mailboxBytes: Int64 = 1 << 30
    /// Bytes of the whole database beyond which no message is taken in; nil: as many as the disk has.
    public var databaseBytes: Int64?
    /// Bytes of the WAL at which no message is taken in, because another program holds it; at a quarter of it the operator
    /// is told.
    public var walBytes: Int64 = 1 << 30
    /// Seconds without a connection after which a device is unlinked.
    public var idleDevice = 45 * 24 * 3600
    /// Milliseconds that a message id may be ahead of the server's clock.
    public var idAhead: Int64 = 24 * 3600 * 1000
    /// Message ids in one `receipt` or `undelivered`.
    public var idsPerReceipt = 256
    /// Bytes of payload in one page, of which the first message always goes: what is on its way to a session whose socket
    /// takes no more.
    public var pageBytes = 32 * 1024
    /// Rows that one page may look at, so that no read is unbounded.
    public var rowsPerPage = 4096
    /// Commands that may wait for the store before sessions stop reading their sockets.
    public var queuedCommands = 16 * 1024
    /// Bytes of payload that may wait for the store before sessions stop reading their sockets.
    public var queuedBytes = 32 * 1024 * 1024

    public init() {}
}
