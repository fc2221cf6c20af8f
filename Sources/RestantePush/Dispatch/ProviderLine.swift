import DequeModule

/// The lanes of a provider that have something to send, in the order of their turns.
struct ProviderLine {
    private var lanes: Deque<LaneName> = []
    /// Lanes of hosts that have not taken anything yet, which wait apart: they may not have all places.
    private var newLanes: Deque<LaneName> = []
    private var isTurnOfNew = false
    /// Requests under way, of all lanes.
    private var sending = 0
    /// Of these, such to new hosts.
    private var sendingToNew = 0
    /// When the operator was told of what. Only of lanes for which there are credentials.
    private var alarms: [Alarm: Duration] = [:]

    private struct Alarm: Hashable {
        let lane: LaneName
        let reason: String
    }

    mutating func append(_ lane: LaneName, isNew: Bool) {
        if isNew { newLanes.append(lane) } else { lanes.append(lane) }
    }

    /// Whose turn it is: by turns one of the known lanes and one of the new, as far as there are places for them.
    mutating func next(_ limits: PushLimits) -> LaneName? {
        guard sending < limits.concurrency else { return nil }
        isTurnOfNew.toggle()
        guard sendingToNew < limits.newHosts else { return lanes.popFirst() }
        return isTurnOfNew ? newLanes.popFirst() ?? lanes.popFirst() : lanes.popFirst() ?? newLanes.popFirst()
    }

    mutating func begin(isNew: Bool) {
        sending += 1
        if isNew { sendingToNew += 1 }
    }

    /// - Parameter isNew: what it was when the request began.
    mutating func end(isNew: Bool) {
        sending -= 1
        if isNew { sendingToNew -= 1 }
    }

    /// Whether the operator is to be told of this: of the same once an hour.
    mutating func isNewAlarm(_ reason: String, of lane: LaneName, at now: Duration) -> Bool {
        let alarm = Alarm(lane: lane, reason: reason)
        if let told = alarms[alarm], now - told < .seconds(3600) { return false }
        alarms[alarm] = now
        return true
    }
}
