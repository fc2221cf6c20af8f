import DequeModule

/// The lanes of a provider that have something to send, in the order of their turns.
struct ProviderLine {
    var lanes: Deque<LaneName> = []
    /// Requests under way, of all lanes.
    var sending = 0
    /// When the operator was told of what. Only of lanes for which there are credentials.
    private var alarms: [Alarm: Duration] = [:]

    private struct Alarm: Hashable {
        let lane: LaneName
        let reason: String
    }

    mutating func next(limit: Int) -> LaneName? {
        sending < limit ? lanes.popFirst() : nil
    }

    /// Whether the operator is to be told of this: of the same once an hour.
    mutating func isNewAlarm(_ reason: String, of lane: LaneName, at now: Duration) -> Bool {
        let alarm = Alarm(lane: lane, reason: reason)
        if let told = alarms[alarm], now - told < .seconds(3600) { return false }
        alarms[alarm] = now
        return true
    }
}
