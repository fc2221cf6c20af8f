import FaultKit
import RestanteCore
import RestanteStore

/// One life of a store whose machine's clock is not to be trusted.
final class ClockLife {
    private static let minute: Int64 = 60_000
    private static let hour: Int64 = 3_600_000
    private static let day = 24 * hour
    private static let actions = 120
    /// What steps that are small enough to be followed may take off: each life has some of them, of half an hour at most.
    private static let allowance = 2 * day

    private struct Sent {
        let submission: Submission
        let at: Int64
    }

    private let path: String
    private let machine = MachineClock()
    private let limits: Limits
    private var random: SeededNumbers
    private var caller: StoreCaller
    private var alice = SessionID(1)
    private var sessions: UInt64 = 1
    private var sent: [Sent] = []
    private var linkedAt: Int64
    /// The offset that the store is right to follow.
    private var trusted: Int64 = 0
    /// After a boot, how long the machine was off is known by the wall clock alone, so that is right until it was read.
    private var isJustBooted = false
    private var latest: Int64 = 0
    private var counts = ClockCounts()

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

    // MARK: Mail

    @discardableResult
    private func perform(_ commands: [StoreCommand]) async throws -> [StoreEvent] {
        try await caller.perform(commands)
    }

    private func connect(alsoBob: Bool) async throws {
        sessions += 1
        alice = SessionID(sessions)
        var commands: [StoreCommand] = [claim(alice, "alice")]
        if alsoBob {
            sessions += 1
            commands += [claim(SessionID(sessions), "bob"), .release(SessionID(sessions))]
        }
        try await perform(commands)
    }

    private func claim(_ session: SessionID, _ user: String) -> StoreCommand {
        let address = DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: "phone"))
        return .claim(Claim(session: session, address: address, tokenIssuedAt: .max / 2000))
    }

    private func send() async throws {
        for _ in 1...Int.random(in: 1...4, using: &random) {
            let payload = Payload((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
            let message = Submission(
                id: MessageID(at: machine.time), to: .user(UserName(unchecked: "bob")), content: .payload(payload))
            switch try await outcome(of: message) {
            case .accepted(let time, duplicate: false):
                guard time >= latest else { throw BrokenPromise("accepted at \(time), after \(latest)") }
                latest = time
                sent.append(Sent(submission: message, at: machine.time))
                counts.messages += 1
            // The sender's clock is right and both of the server's are behind.
            case .rejected(let refusal) where refusal.code == .badID && trusted < 0: break
            case let other: throw BrokenPromise("a new message was answered with \(other)")
            }
            machine.advance(Int64.random(in: 1...2000, using: &random))
        }
    }

    private func resend() async throws {
        let horizon = Int64(limits.dedupeHorizon) * 1000 - Self.allowance
        guard let message = sent.filter({ machine.time - $0.at < horizon }).randomElement(using: &random) else {
            return
        }
        counts.resends += 1
        guard case .accepted(_, duplicate: true) = try await outcome(of: message.submission) else {
            throw BrokenPromise("an id was forgotten after \((machine.time - message.at) / Self.hour) h")
        }
    }

    private func outcome(of message: Submission) async throws -> SendOutcome {
        let events = try await perform([.send(message, from: .session(alice))])
        for case .sent(message.id, let outcome, _) in events { return outcome }
        throw BrokenPromise("a send was not answered")
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
