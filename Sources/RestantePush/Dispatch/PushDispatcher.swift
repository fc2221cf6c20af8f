import NIOConcurrencyHelpers
public import RestanteCore

/// Brings wakes to their providers: many at once, urgent ones first, again where a provider cannot take them now.
///
/// - A device has at most one wake here: a later one replaces the one that waits.
/// - Wakes with the same ``RestanteCore/Wake/job`` are a job, in whatever calls they came, and jobs take turns: one of
///   10,000 wakes holds a single one of another up by one wake.
/// - Providers wait for each other never. Hosts of Web Push share its places: those that have never taken anything get
///   half of them together, so that hosts which a client made up do not hold up the others.
/// - Nothing of it is durable: after a crash whoever dispatches has to say again what is due.
public final class PushDispatcher: Sendable {
    fileprivate enum Command: Sendable {
        case wakes([Wake])
        case cancel(DeviceAddress)
        case forget(DeviceAddress)
    }

    fileprivate struct State: Sendable {
        var dispatch: DispatchState
        var hasEnded = false
    }

    /// What was asked for and not looked at yet. Its lock is never held for longer than an append: those who ask
    /// must not wait.
    private struct Inbox: Sendable {
        /// In the order of the calls.
        var commands: [Command] = []
        var isClosed = false
    }

    /// What one look at the state brings up.
    fileprivate struct Work {
        var notes: [PushNote]
        var attempts: [DispatchState.Attempt]
        /// When to look again although nobody asks.
        var nextDue: Duration?
    }

    private let senders: [PushProvider: any PushSender]
    private let clock: any PushClock
    private let sink: any PushSink
    private let state: NIOLockedValueBox<State>
    private let inbox = NIOLockedValueBox(Inbox())
    private let kicks: AsyncStream<Void>.Continuation
    private let loop: NIOLockedValueBox<Task<Void, Never>?>

    /// - Parameters:
    ///   - senders: one a provider. A wake for a provider without one is refused.
    ///   - sink: is told what becomes of wakes.
    public init(
        senders: [any PushSender], limits: PushLimits = PushLimits(), clock: any PushClock = SystemPushClock(),
        sink: any PushSink
    ) {
        self.senders = Dictionary(uniqueKeysWithValues: senders.map { ($0.provider, $0) })
        self.clock = clock
        self.sink = sink
        let dispatch = DispatchState(providers: Set(self.senders.keys), limits: limits)
        state = NIOLockedValueBox(State(dispatch: dispatch))
        let (stream, kicks) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.kicks = kicks
        loop = NIOLockedValueBox(nil)
        let task = Task { await self.run(stream) }
        loop.withLockedValue { $0 = task }
    }

    /// Wakes devices. Returns at once; what becomes of them is told to the sink.
    public func dispatch(_ wakes: [Wake]) {
        guard !wakes.isEmpty else { return }
        take(.wakes(wakes))
    }

    /// Drops the wake of a device, which has connected. A request that is under way goes on: its end is told to the
    /// sink if it is one, and it is not made again.
    public func cancel(_ device: DeviceAddress) { take(.cancel(device)) }

    /// Drops the wake of a device that is not to be woken any more: as ``cancel(_:)``, and it has not connected.
    public func forget(_ device: DeviceAddress) { take(.forget(device)) }

    /// How much waits, by provider.
    public var load: [PushProvider: PushLoad] {
        let now = clock.now
        return state.withLockedValue { state in
            state.takeIn(takeCommands(), now)
            return state.dispatch.load
        }
    }

    /// Ends what is under way, drops what waits and closes all connections. The sink is told nothing any more.
    public func shutdown() async {
        inbox.withLockedValue { $0.isClosed = true }
        state.withLockedValue { $0.hasEnded = true }
        kicks.finish()
        let task = loop.withLockedValue { $0 }
        task?.cancel()
        await task?.value
        // At once: each may have to wait for connections that do not close.
        await withDiscardingTaskGroup { group in
            for sender in senders.values { group.addTask { await sender.shutdown() } }
        }
    }

    private func take(_ command: Command) {
        inbox.withLockedValue { if !$0.isClosed { $0.commands.append(command) } }
        kicks.yield()
    }

    /// Only for those who hold the lock of the state: otherwise two could take them in in the wrong order.
    private func takeCommands() -> [Command] {
        inbox.withLockedValue { inbox in
            defer { inbox.commands = [] }
            return inbox.commands
        }
    }

    // MARK: - The loop

    private func run(_ stream: AsyncStream<Void>) async {
        var alarmClock = AlarmClock(clock, kicks)
        await withDiscardingTaskGroup { group in
            for await _ in stream { step(&group, &alarmClock) }
            group.cancelAll()
        }
        alarmClock.set(nil)
    }

    private func step(_ group: inout DiscardingTaskGroup, _ alarmClock: inout AlarmClock) {
        let now = clock.now
        let work = state.withLockedValue { $0.work(takeCommands(), now) }
        for note in work.notes { sink.tell(note) }
        for attempt in work.attempts {
            group.addTask { await self.perform(attempt) }
        }
        alarmClock.set(work.nextDue)
    }

    private func perform(_ attempt: DispatchState.Attempt) async {
        guard let sender = senders[attempt.wake.target.provider] else {
            preconditionFailure("taken in without a sender")
        }
        let begin = clock.now
        var wake = attempt.wake
        // The machine's clock may have been put right since: the provider is told how long it is good for from now on.
        wake.deadline = begin.wall + (attempt.giveUpAt - begin.uptime).milliseconds
        let answer = await sender.send(wake)
        let now = clock.now
        state.withLockedValue { $0.dispatch.end(attempt.id, answer, took: now.uptime - begin.uptime, now: now) }
        kicks.yield()
    }
}

extension PushDispatcher.State {
    fileprivate mutating func takeIn(_ commands: [PushDispatcher.Command], _ now: Time) {
        for command in commands {
            switch command {
            case .wakes(let wakes): dispatch.add(wakes, now: now)
            case .cancel(let device): dispatch.cancel(device)
            case .forget(let device): dispatch.remove(device)
            }
        }
    }

    fileprivate mutating func work(_ commands: [PushDispatcher.Command], _ now: Time) -> PushDispatcher.Work {
        guard !hasEnded else { return PushDispatcher.Work(notes: [], attempts: []) }
        takeIn(commands, now)
        dispatch.passTime(now)
        let attempts = dispatch.start()
        return PushDispatcher.Work(notes: dispatch.takeNotes(), attempts: attempts, nextDue: dispatch.nextDue)
    }
}
