public import RestanteCore

/// How a database is opened; as it stands, the way `restante serve` does.
public struct StoreOptions: Sendable {
    /// This server's name in `sessions`.
    public var node = "local"
    public var limits = Limits()
    public var policies = Policies()
    public var clock = StoreClock.wall
    public var wakes = WakeOptions()
    /// Bytes of disk that are kept in `DATABASE.reserve` for when it is full; 0: none.
    public var reserveBytes: Int64 = 0
    /// SQLite's way to the disk (https://www.sqlite.org/vfs.html); nil: its own. Tests bring one that breaks things.
    package var vfs: String?
    /// Only a test that shows what it would cost names another.
    package var synchronous = "FULL"
    /// Messages after which the index by log is brought up to them; tests make it small.
    package var indexEvery = 65_536

    public init() {}

    public init(node: String = "local", limits: Limits = Limits(), clock: StoreClock = .wall) {
        self.node = node
        self.limits = limits
        self.clock = clock
    }
}
