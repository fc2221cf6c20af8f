import RestanteCore
import RestanteStore
import Synchronization

/// One pile of mail, from its making to its end.
final class RetentionRun {
    private static let batch = 1000
    private static let activeDevices = 100
    private static let deadDevices = 1000
    private static let day: Int64 = 24 * 3600 * 1000
    /// Sweeping beside the pile may cost so much more than in an empty store, where the tree is less deep.
    private static let most = 2.5
    /// A commit beside the work, at the 99th percentile: a slice of 4 ms, its own commit, and the machine's noise.
    private static let longestCommit = Duration.milliseconds(50)

    /// On a machine that is shared, as CI's is, so many times as much is let go.
    private let patience: Int
    private let pile: Int
    private let swept: Int
    private let clock = FaultClock()
    private let caller: StoreCaller
    private let sender = SessionID(1)

    init(path: String, messages: Int, patience: Int) throws {
        self.patience = patience
        pile = messages
        swept = max(50_000, messages / 50)
        var limits = Limits()
        // The pile is to stay.
        limits.mailboxMessages = .max / 2
        limits.mailboxBytes = .max / 2
        caller = try StoreCaller(path: path, options: StoreOptions(limits: limits, clock: clock.clock))
    }

    func run() async throws {
        try await register()
        let alone = try await secondsToSweep()
        print("swept \(swept) messages in an empty store: \(Int(Double(swept) / alone))/s")
        try await store(pile, to: "dead", of: Self.deadDevices)
        print("stored \(pile) messages for \(Self.deadDevices) devices that never return")
        let beside = try await secondsToSweep()
        print("swept \(swept) messages beside them: \(Int(Double(swept) / beside))/s")
        guard beside < alone * Self.most * Double(patience) else {
            throw BrokenPromise("sweeping beside \(pile) messages takes \(beside / alone) times as long")
        }
        clock.advance(31 * Self.day)
        let expiring = try await untilEmpty("SELECT NOT EXISTS (SELECT 1 FROM messages WHERE flags & 12 = 0)")
        print("expired in \(expiring.seconds) s; a commit beside it: \(expiring.text)")
        clock.advance(15 * Self.day)
        let going = try await untilEmpty("SELECT NOT EXISTS (SELECT 1 FROM messages)")
        print("devices gone and all swept in \(going.seconds) s; a commit beside it: \(going.text)")
        for phase in [expiring, going] where phase.p99 > Self.longestCommit * patience {
            throw BrokenPromise("a commit waited for \(phase.p99) at the 99th percentile")
        }
        await caller.store.shutdown()
        print(
            "retention: \(pile) messages; sweep beside them / alone: \(rounded(alone / beside));"
                + " p99 of a commit: \(expiring.p99) expiring, \(going.p99) going")
    }

    // MARK: Steps

    private func register() async throws {
        let names =
            (0..<Self.activeDevices).map { "active\($0)" } + (0..<Self.deadDevices).map { "dead\($0)" }
        try await caller.perform(
            [claim(sender, "sender")]
                + names.enumerated().flatMap { number, name in
                    [claim(SessionID(UInt64(number) + 2), name), .release(SessionID(UInt64(number) + 2))]
                })
    }

    private func claim(_ session: SessionID, _ user: String) -> StoreCommand {
        let address = DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: "phone"))
        return .claim(Claim(session: session, address: address, tokenIssuedAt: clock.now / 1000))
    }

    private func store(_ count: Int, to name: String, of devices: Int) async throws {
        for start in stride(from: 0, to: count, by: Self.batch) {
            let events = try await caller.perform(
                (start..<min(start + Self.batch, count)).map { number in
                    let user = UserName(unchecked: "\(name)\(number % devices)")
                    let submission = Submission(
                        id: MessageID(at: clock.now), to: .user(user),
                        content: .payload(Payload(repeating: 7, count: 64)))
                    return .send(submission, from: .session(sender))
                })
            for case .sent(_, .rejected(let refusal), _) in events { throw BrokenPromise("refused: \(refusal)") }
        }
    }

    private func secondsToSweep() async throws -> Double {
        try await store(swept, to: "active", of: Self.activeDevices)
        for number in 0..<Self.activeDevices {
            let session = SessionID(1_000_000 + UInt64(number))
            try await caller.perform([claim(session, "active\(number)")])
            var isBehind = true
            while isBehind {
                var last: UInt64 = 0
                for case .page(session, let page, let more) in try await caller.perform([.read(session)]) {
                    isBehind = more
                    last = page.last?.tag ?? 0
                }
                if last > 0 { try await caller.perform([.acknowledge(session, through: last)]) }
            }
            try await caller.perform([.release(session)])
        }
        let start = ContinuousClock.now
        try await caller.store.forgetAcknowledged()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    private struct Waits {
        let seconds: Int
        let p50: Duration
        let p99: Duration
        let longest: Duration

        var text: String { "p50 \(p50), p99 \(p99), longest \(longest)" }
    }

    /// Commits one send after the other, as an active sender does, until `sql` answers 1; how long the commits took.
    private func untilEmpty(_ sql: String) async throws -> Waits {
        let start = ContinuousClock.now
        var waits: [Duration] = []
        var isDone = false
        while !isDone {
            for _ in 1...200 {
                let began = ContinuousClock.now
                try await caller.perform([.read(sender)])
                waits.append(ContinuousClock.now - began)
            }
            isDone = try await caller.store.holds(sql)
        }
        waits.sort()
        return Waits(
            seconds: Int((ContinuousClock.now - start) / .seconds(1)), p50: waits[waits.count / 2],
            p99: waits[waits.count * 99 / 100], longest: waits[waits.count - 1])
    }

    private func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
