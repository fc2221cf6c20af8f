import HeapModule
import RestanteCore

/// The lanes of a provider that have something to send, in the order of their turns.
///
/// A free place goes to a lane that has the fewest: those who are slow to answer, and hold theirs, hold up no others.
struct ProviderLine {
    /// A lane in the line, with how many requests it has under way. Good as long as the lane says that it stands there.
    struct Turn: Comparable {
        let sending: Int
        let number: UInt64
        let lane: LaneName

        static func < (one: Turn, other: Turn) -> Bool { (one.sending, one.number) < (other.sending, other.number) }
        static func == (one: Turn, other: Turn) -> Bool { one.number == other.number }
    }

    private var lanes = Heap<Turn>()
    /// Lanes of hosts that are not known, or slow, which wait apart: they may not have all places.
    private var newLanes = Heap<Turn>()
    private var number: UInt64 = 0
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

    var count: Int { lanes.count + newLanes.count }

    mutating func append(_ lane: LaneName, sending: Int, isNew: Bool) -> Turn {
        number += 1
        let turn = Turn(sending: sending, number: number, lane: lane)
        if isNew { newLanes.insert(turn) } else { lanes.insert(turn) }
        return turn
    }

    mutating func removeAll(where isGone: (Turn) -> Bool) {
        lanes = Heap(lanes.unordered.filter { !isGone($0) })
        newLanes = Heap(newLanes.unordered.filter { !isGone($0) })
    }

    /// Whose turn it is: by turns one of the known lanes and one of the new, as far as there are places for them.
    mutating func next(_ limits: PushLimits) -> Turn? {
        guard sending < limits.concurrency else { return nil }
        guard sendingToNew < limits.newHosts else { return lanes.popMin() }
        return isTurnOfNew ? newLanes.popMin() ?? lanes.popMin() : lanes.popMin() ?? newLanes.popMin()
    }

    mutating func begin(isNew: Bool) {
        isTurnOfNew = !isNew
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
