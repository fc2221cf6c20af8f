import HeapModule

/// A moment at which a lane may be looked at again.
struct LanePause: Comparable {
    var until: Duration
    var lane: LaneName

    static func < (one: LanePause, other: LanePause) -> Bool { one.until < other.until }
    static func == (one: LanePause, other: LanePause) -> Bool { one.until == other.until }
}

extension DispatchState {
    /// A longer pause is no use: whoever waits has been given up by then. And hosts that clients name must not be remembered for ever.
    private static let longestPause: Duration = .seconds(86_400)

    /// Leaves a server alone that has asked for it: whoever else waits for it would be told the same.
    mutating func pause(_ name: LaneName, _ answer: PushAnswer, _ now: Time) {
        guard case .retry(let after?, _, of: .all) = answer, after > .zero else { return }
        let until = now.uptime + min(after, Self.longestPause)
        guard let lane = lanes[name], until > lane.pausedUntil ?? .zero else { return }
        lanes[name]?.pausedUntil = until
        pauses.insert(LanePause(until: until, lane: name))
    }

    mutating func endPauses(_ now: Time) {
        while let pause = pauses.min, pause.until <= now.uptime {
            pauses.removeMin()
            // Nil or later: it was made longer meanwhile.
            guard lanes[pause.lane]?.pausedUntil == pause.until else { continue }
            lanes[pause.lane]?.pausedUntil = nil
            standInLine(pause.lane)
            forgetIfUnused(pause.lane)
        }
    }
}
