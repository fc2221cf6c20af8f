/// How much is asked of providers at once.
public struct PushLimits: Sendable, Equatable {
    /// Most requests in flight to one provider.
    public var concurrency: Int
    /// Most of them to one host of Web Push that has taken something. Hosts are named by clients: until one has, it
    /// gets ``perNewHost`` at most, and all such together half of ``concurrency``.
    public var perWebPushHost: Int
    public var backoff: PushBackoff

    /// Most requests in flight to a host of Web Push that has not taken anything yet.
    static let perNewHost = 2

    /// Most requests in flight to all hosts of Web Push that have not taken anything yet.
    var newHosts: Int { max(1, concurrency / 2) }

    public init(concurrency: Int = 64, perWebPushHost: Int = 8, backoff: PushBackoff = PushBackoff()) {
        precondition(concurrency > 0 && perWebPushHost > 0, "nothing could ever be sent")
        self.concurrency = concurrency
        self.perWebPushHost = min(perWebPushHost, concurrency)
        self.backoff = backoff
    }
}

/// How much waits for a provider.
public struct PushLoad: Sendable, Equatable {
    /// For its turn.
    public var waiting = 0
    /// For the end of a back-off.
    public var delayed = 0
    /// Asked, and not answered yet.
    public var sending = 0
}
