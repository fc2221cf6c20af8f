import FaultKit
import RestanteCore
import RestanteStore

/// One life of a store whose machine's clock is not to be trusted.
final class ClockLife {
    static let minute: Int64 = 60_000
    static let hour: Int64 = 3_600_000
    static let day = 24 * hour
    private static let actions = 120
    /// What steps that are small enough to be followed may take off: each life has some of them, of half an hour at most.
    static let allowance = 2 * day

    struct Sent {
        let submission: Submission
        let at: Int64
    }

    private let path: String
    let machine = MachineClock()
    let limits: Limits
    var random: SeededNumbers
    var caller: StoreCaller
    var alice = SessionID(1)
    var sessions: UInt64 = 1
    var sent: [Sent] = []
    private var linkedAt: Int64
    /// The offset that the store is right to follow.
    var trusted: Int64 = 0
    /// After a boot, how long the machine was off is known by the wall clock alone, so that is right until it was read.
    private var isJustBooted = false
    var latest: Int64 = 0
    var counts = ClockCounts()

    init(path: String, seed: UInt64) throws {
        self.path = path
        random = SeededNumbers(seed: seed)
        var limits = Limits()
        limits.timeToLive = 10 * 24 * 3600
        limits.dedupeHorizon = 6 * 24 * 3600
        limits.idleDevice = 400 * 24 * 3600
        self.limits = limits
        // Some machines have not been told the time when they start.
        if seed % 4 == 0 { machine.offset = 5000 - machine.time }
        caller = try StoreCaller(path: path, options: StoreOptions(limits: limits, clock: machine.clock))
        linkedAt = machine.time
    }

    func run() async throws -> ClockCounts {
        counts.lives = 1
        try await connect(alsoBob: true)
        // Nothing can be sent in 1970; then the machine is told the time.
        machine.offset = 0
        for _ in 1...Self.actions {
            try await act()
            try await check()
        }
        try await end()
        await caller.store.shutdown()
        return counts
    }

    private func act() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case ..<35: try await send()
        case ..<50: try await pass(Int64.random(in: Self.minute...6 * Self.hour, using: &random))
        case ..<60: try await pass(Int64.random(in: 6 * Self.hour...30 * Self.hour, using: &random))
        case ..<75: step()
        case ..<85: try await restart(off: nil)
        case ..<90: try await restart(off: Int64.random(in: 0...20 * Self.hour, using: &random))
        case ..<95: try await confirm()
        default: try await resend()
        }
    }

    // MARK: Time

    private func step() {
        counts.steps += 1
        guard !isJustBooted else { return }
        let sign: Int64 = Bool.random(using: &random) ? 1 : -1
        switch Int.random(in: 0..<4, using: &random) {
        case 0: machine.offset = trusted + sign * Int64.random(in: 0...Self.hour / 2, using: &random)
        case 1: machine.offset = sign * Int64.random(in: 3 * Self.day...60 * Self.day, using: &random)
        case 2: machine.offset = sign * Int64.random(in: 1...30, using: &random) * 365 * Self.day
        default: machine.offset = 0
        }
    }

    /// In pieces, as a server lives: it looks at the clock at least once a minute.
    private func pass(_ milliseconds: Int64) async throws {
        var left = milliseconds
        while left > 0 {
            machine.advance(min(left, 2 * Self.hour))
            left -= 2 * Self.hour
            try await settle()
        }
    }

    /// Until all that is due has been done: a slice comes after each commit.
    private func settle() async throws {
        for _ in 1...3 { try await perform([]) }
        isJustBooted = false
        if try await report().held == nil, abs(machine.offset - trusted) > Self.day {
            trusted = machine.offset
            latest = 0
            counts.agreements += 1
        }
    }

    private func restart(off: Int64?) async throws {
        counts.restarts += 1
        if let off {
            // What the machine makes of the time that it was off must be right, or nothing can be.
            machine.offset = 0
            _ = try await confirmed()
            await caller.store.shutdown()
            machine.reboot(off: off)
            isJustBooted = true
        } else {
            await caller.store.shutdown()
        }
        caller = try StoreCaller(path: path, options: StoreOptions(limits: limits, clock: machine.clock))
        try await connect(alsoBob: false)
        try await settle()
    }

    private func confirm() async throws {
        counts.confirmations += 1
        let report = try await confirmed()
        guard report.held == nil, abs(report.store - report.wall) <= Self.day else {
            throw BrokenPromise("confirmed, and the store does not follow: \(report)")
        }
    }

    private func confirmed() async throws -> ClockReport {
        let report = try await report(.confirmClock)
        trusted = machine.offset
        latest = 0
        return report
    }

    private func report(_ request: Request = .clock) async throws -> ClockReport {
        let events = try await perform([.request(request, id: 1, from: .operators(CallID(1)))])
        for case .replied(.success(.clock(let report)), _, _) in events { return report }
        throw BrokenPromise("no answer about the clock")
    }

    // MARK: Checks

    /// Nobody reads: what is young enough must all be there, and so must the devices.
    private func check() async throws {
        let young = sent.filter { machine.time - $0.at < Int64(limits.timeToLive) * 1000 - Self.allowance }
        let live = "SELECT count(*) >= \(young.count) FROM messages WHERE flags & 12 = 0"
        guard try await caller.store.holds(live) else {
            throw BrokenPromise("fewer than the \(young.count) messages that have not expired are there")
        }
        guard try await caller.store.holds("SELECT count(*) = 2 FROM devices WHERE unlinked_at IS NULL") else {
            throw BrokenPromise("a device was unlinked \((machine.time - linkedAt) / Self.day) days after it was seen")
        }
    }

    /// With a clock that is right, what is sent now expires in time.
    private func end() async throws {
        machine.offset = 0
        _ = try await confirmed()
        // By then it matters no more that the clock was ever wrong.
        for _ in 1...20 { try await pass(21 * Self.day) }
        sent = []
        try await connect(alsoBob: true)
        try await send()
        try await pass(Int64(limits.timeToLive) * 1000 + Self.day)
        // Not those that were accepted under a clock that was years ahead: they are kept for that much longer.
        let newest = "flags & 12 = 0 AND accepted_at BETWEEN \(latest - Self.hour) AND \(latest)"
        let isExpired = "SELECT NOT EXISTS (SELECT 1 FROM messages WHERE \(newest))"
        guard try await caller.store.holds(isExpired) else { throw BrokenPromise("a message has not expired in time") }
        let report = try await report()
        guard report.held == nil, report.store == report.wall else {
            throw BrokenPromise("the store does not follow a clock that is right: \(report)")
        }
    }
}
