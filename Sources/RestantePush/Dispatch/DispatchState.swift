import HeapModule
import RestanteCore

/// Which wakes wait, are delayed or are under way, and what is to be done next: a value that knows no task and no
/// clock.
struct DispatchState: Sendable {
    /// A request to a provider that is to be made now.
    struct Attempt: Equatable {
        var id: UInt64
        var wake: Wake
        /// The deadline, as uptime.
        var giveUpAt: Duration
    }

    struct Sending {
        var wake: Wake
        var serial: UInt64
        var lane: LaneName
        /// Whether its host had not taken anything when it began.
        var isToNewHost: Bool
    }

    /// Who takes longer is slow: push services answer within a few tenths of a second.
    static let slowAnswer: Duration = .seconds(2)

    /// What every one may have that is not in use any more, before it is cleared out.
    static let slack = 1024

    let limits: PushLimits
    let providers: Set<PushProvider>
    var generator: any RandomNumberGenerator & Sendable

    var wakes: [DeviceAddress: PendingWake] = [:]
    var lanes: [LaneName: Lane] = [:]
    var lines: [PushProvider: ProviderLine] = [:]
    /// Of Web Push: origins that have taken something, and were not slow the last time.
    var knownHosts: Set<String> = []
    var attempts: [UInt64: Sending] = [:]
    var dues = Heap<Due>()
    var pauses = Heap<LanePause>()
    var number: UInt64 = 0
    var notes: [PushNote] = []

    init(
        providers: Set<PushProvider>, limits: PushLimits,
        generator: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
    ) {
        self.providers = providers
        self.limits = limits
        self.generator = generator
    }

    /// When there is something to do although nobody asks; nil: never.
    var nextDue: Duration? { [dues.min?.at, pauses.min?.until].compactMap(\.self).min() }

    var load: [PushProvider: PushLoad] {
        var load: [PushProvider: PushLoad] = [:]
        for wake in wakes.values {
            switch wake.place {
            case .waiting: load[wake.lane.provider, default: PushLoad()].waiting += 1
            case .delayed: load[wake.lane.provider, default: PushLoad()].delayed += 1
            case .sending: break
            }
        }
        for attempt in attempts.values { load[attempt.lane.provider, default: PushLoad()].sending += 1 }
        return load
    }

    // MARK: - In

    /// Takes in wakes, each as part of its job.
    mutating func add(_ later: [Wake], now: Time) {
        for wake in later {
            notes.append(.due(wake))
            add(wake, job: .wakes(wake.job), now: now)
        }
        clearOut()
    }

    mutating func add(_ wake: Wake, job: Job, now: Time) {
        guard providers.contains(wake.target.provider) else {
            notes.append(.ended(wake, .refused(reason: "no sender for \(wake.target.provider.name) is configured")))
            return
        }
        let giveUpAt = now.uptime + .milliseconds(wake.deadline - now.wall)
        guard let former = wakes[wake.device] else { return insert(wake, giveUpAt, job: job) }
        if case .sending(let attempt, let next) = former.place {
            var wake = wake
            if next?.urgency == .urgent { wake.urgency = .urgent }
            wakes[wake.device]?.place = .sending(attempt: attempt, next: wake)
        } else if former.wake.target != wake.target {
            remove(wake.device)
            insert(wake, giveUpAt, job: job)
        } else {
            replace(former, with: wake, giveUpAt, job: job)
        }
    }

    private mutating func insert(_ wake: Wake, _ giveUpAt: Duration, job: Job) {
        let name = LaneName(wake.target)
        let pending = PendingWake(
            wake: wake, lane: name, serial: nextNumber(), giveUpAt: giveUpAt, place: .waiting(ticket: 0))
        wakes[wake.device] = pending
        let fresh = Lane(limit: limit(of: name))
        lanes[name, default: fresh].wakes += 1
        noteDue(wake.device)
        enqueue(wake.device, job: job)
    }

    private mutating func replace(_ former: PendingWake, with later: Wake, _ giveUpAt: Duration, job: Job) {
        let device = later.device
        wakes[device]?.replace(with: later, giveUpAt: giveUpAt)
        // Of an earlier deadline the heap knows nothing yet; a later one is found when the earlier has passed.
        if giveUpAt < former.giveUpAt { dues.insert(Due(at: giveUpAt, device: device, serial: former.serial)) }
        guard later.urgency == .urgent else { return }
        switch former.place {
        case .waiting where former.wake.urgency != .urgent: enqueue(device, job: job)
        // Its back-off was for mail that could wait. What its server asked for holds for all of the lane.
        case .delayed where former.mayHurry: enqueue(device, job: job)
        case .waiting, .delayed, .sending: break
        }
    }

    /// Forgets the wake of a device, which has connected. What is under way goes on, and is not tried again.
    mutating func cancel(_ device: DeviceAddress) {
        notes.append(.connected(device, isCancelled: wakes[device] != nil))
        remove(device)
    }

    mutating func remove(_ device: DeviceAddress) {
        guard let gone = wakes.removeValue(forKey: device) else { return }
        lanes[gone.lane]?.wakes -= 1
        forgetIfUnused(gone.lane)
    }

    mutating func enqueue(_ device: DeviceAddress, job: Job) {
        guard let wake = wakes[device] else { preconditionFailure("only what is known waits") }
        let ticket = nextNumber()
        wakes[device]?.place = .waiting(ticket: ticket)
        lanes[wake.lane]?.append(Lane.Entry(device: device, ticket: ticket), wake.wake.urgency, job: job)
        standInLine(wake.lane)
    }

    // MARK: - Out

    /// Moves what is due: pauses end, delayed wakes wait again, and what has passed its deadline ends.
    mutating func passTime(_ now: Time) {
        endPauses(now)
        while let due = dues.min, due.at <= now.uptime {
            dues.removeMin()
            guard let wake = wakes[due.device], wake.serial == due.serial else { continue }
            if case .sending = wake.place { continue }
            guard wake.giveUpAt > now.uptime else {
                end(wake, .expired)
                continue
            }
            if case .delayed(let until) = wake.place, until <= now.uptime {
                enqueue(due.device, job: .secondTries)
            }
            noteDue(due.device)
        }
    }

    /// What is to be asked of the providers now.
    mutating func start() -> [Attempt] {
        var started: [Attempt] = []
        for provider in PushProvider.allCases {
            while let attempt = startOne(provider) { started.append(attempt) }
        }
        return started
    }

    private mutating func startOne(_ provider: PushProvider) -> Attempt? {
        let limits = limits
        while let turn = lines[provider]?.next(limits) {
            let name = turn.lane
            guard lanes[name]?.place == turn else { continue }
            lanes[name]?.place = nil
            while lanes[name]?.canSend == true, let entry = lanes[name]?.popFirst() {
                guard let wake = wakes[entry.device], case .waiting(entry.ticket) = wake.place else { continue }
                return begin(wake)
            }
            forgetIfUnused(name)
        }
        return nil
    }

    private mutating func begin(_ wake: PendingWake) -> Attempt {
        let id = nextNumber()
        notes.append(.asked(wake.wake, attempt: wake.failures + 1))
        wakes[wake.wake.device]?.place = .sending(attempt: id, next: nil)
        let isNew = isNew(wake.lane)
        attempts[id] = Sending(wake: wake.wake, serial: wake.serial, lane: wake.lane, isToNewHost: isNew)
        lanes[wake.lane]?.begin()
        lines[wake.lane.provider]?.begin(isNew: isNew)
        standInLine(wake.lane)
        return Attempt(id: id, wake: wake.wake, giveUpAt: wake.giveUpAt)
    }

    /// What there is to tell the sink, in its order.
    mutating func takeNotes() -> [PushNote] {
        defer { notes = [] }
        return notes
    }
}
