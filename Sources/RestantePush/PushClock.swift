import FoundationEssentials

/// The time that wakes are judged by. Tests bring their own.
public protocol PushClock: Sendable {
    /// Milliseconds since the epoch, UTC: what deadlines and registrations are told in.
    var wall: Int64 { get }
    /// Time since some beginning. It never steps: what waits are measured by.
    var uptime: Duration { get }

    /// Returns when ``uptime`` has reached a moment; throws when the task is cancelled before.
    func sleep(until moment: Duration) async throws
}

/// The machine's clocks.
public struct SystemPushClock: PushClock {
    private let begin = ContinuousClock.now

    public init() {}

    public var wall: Int64 { Int64(Date.now.timeIntervalSince1970 * 1000) }

    public var uptime: Duration { begin.duration(to: .now) }

    public func sleep(until moment: Duration) async throws {
        try await ContinuousClock().sleep(until: begin + moment)
    }
}
