/// Kicks a loop when a moment has come: by one task that sleeps, however often the moment changes.
struct AlarmClock {
    private struct Sleeper {
        var moment: Duration
        var task: Task<Void, Never>
    }

    private let clock: any PushClock
    private let kicks: AsyncStream<Void>.Continuation
    private var sleeper: Sleeper?

    init(_ clock: any PushClock, _ kicks: AsyncStream<Void>.Continuation) {
        self.clock = clock
        self.kicks = kicks
    }

    /// - Parameter moment: when to kick; nil: never. If a sooner moment was set before, it kicks then, too, and has to
    ///   be set again.
    mutating func set(_ moment: Duration?) {
        if let sleeper, let moment, clock.uptime < sleeper.moment, sleeper.moment <= moment { return }
        sleeper?.task.cancel()
        sleeper = moment.map { moment in
            Sleeper(moment: moment, task: Task { [clock, kicks] in await Self.sleep(until: moment, clock, kicks) })
        }
    }

    private static func sleep(
        until moment: Duration, _ clock: any PushClock, _ kicks: AsyncStream<Void>.Continuation
    ) async {
        repeat {
            guard (try? await clock.sleep(until: moment)) != nil else { return }
        } while clock.uptime < moment
        kicks.yield()
    }
}
