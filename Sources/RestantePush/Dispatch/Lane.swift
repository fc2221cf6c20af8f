import RestanteCore

/// Where wakes go that share a fate: when it fails for one, it is likely to fail for all.
struct LaneName: Hashable {
    var provider: PushProvider
    /// The server, or the account, within the provider: of Web Push the origin, since another port may be another server.
    var part: String

    init(_ target: PushTarget) {
        provider = target.provider
        part =
            switch target {
            case .apns(_, _, let sandbox): sandbox ? "sandbox" : "production"
            case .fcm(_, let app): app
            case .webPush(let endpoint, _, _): WebPushEndpoint(endpoint)?.origin ?? ""
            }
    }
}

/// The wakes of a lane that wait for their turn, and how many may be under way.
struct Lane {
    /// Of a wake that waits; good as long as the wake still has this ticket.
    struct Entry {
        var device: DeviceAddress
        var ticket: UInt64
    }

    /// One turn in so many is for wakes that are not urgent, even if urgent ones never end.
    private static let normalTurn = 8

    private var urgent = FairQueue<Entry>()
    private var normal = FairQueue<Entry>()
    private var turn = 0
    /// Most requests under way, if all goes well.
    private var most: Int
    private var limit: Int
    private(set) var sending = 0
    /// Wakes that wait, are delayed or are under way.
    var wakes = 0
    /// Where it stands in its provider's line of lanes; nil: it does not.
    var place: ProviderLine.Turn?
    /// Until when its server wants to be left alone.
    var pausedUntil: Duration?

    init(limit: Int) {
        most = limit
        self.limit = limit
    }

    var count: Int { urgent.count + normal.count }
    var isUnused: Bool { wakes == 0 && sending == 0 && pausedUntil == nil }
    var canSend: Bool { count > 0 && sending < limit && pausedUntil == nil }

    mutating func append(_ entry: Entry, _ urgency: Urgency, job: Job) {
        switch urgency {
        case .urgent: urgent.append(entry, job: job)
        case .normal: normal.append(entry, job: job)
        }
    }

    mutating func popFirst() -> Entry? {
        turn = (turn + 1) % Self.normalTurn
        let isForNormal = urgent.isEmpty || turn == 0 && !normal.isEmpty
        return isForNormal ? normal.popFirst() : urgent.popFirst()
    }

    mutating func removeAll(where isGone: (Entry) -> Bool) {
        urgent.removeAll(where: isGone)
        normal.removeAll(where: isGone)
    }

    mutating func begin() { sending += 1 }

    mutating func bound(to most: Int) {
        self.most = most
        limit = min(limit, most)
    }

    /// A server in trouble is asked for less and less at once, down to one; each answer that settles a wake doubles
    /// that again.
    mutating func end(_ answer: PushAnswer) {
        precondition(sending > 0, "an answer to nothing")
        sending -= 1
        switch answer {
        case .taken, .unregistered, .refused(_, alarm: .none), .refused(_, alarm: .target): limit = min(most, limit * 2)
        case .retry(_, _, of: .target): break
        case .retry, .refused(_, alarm: .credentials): limit = max(1, limit / 2)
        }
    }
}
