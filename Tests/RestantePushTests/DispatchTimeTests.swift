import RestanteCore
import Testing

@testable import RestantePush

/// When wakes are tried again, and when they are given up.
struct DispatchTimeTests {
    private typealias Base = DispatchStateTests

    @Test func backOffGrowsToItsCeiling() {
        var state = Base.state(generator: .most)
        state.add([Samples.wake("a", deadline: Samples.now + 86_400_000)], now: Base.time())
        var uptime = Duration.zero
        var waits: [Double] = []
        for _ in 0..<12 {
            let attempt = state.start()
            guard attempt.count == 1 else { break }
            state.end(attempt[0].id, .retry(after: nil, reason: "503"), took: .zero, now: Base.time(uptime))
            let wait = (state.nextDue ?? .zero) - uptime
            waits.append((wait / .seconds(1)).rounded())
            uptime += wait
            state.passTime(Base.time(uptime))
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900])
    }

    @Test func jitterBeginsAtNothing() {
        var state = Base.state(generator: .least)
        state.add([Samples.wake("a")], now: Base.time())
        state.end(state.start()[0].id, .retry(after: nil, reason: "503"), took: .zero, now: Base.time())
        #expect(state.nextDue == .zero)
    }

    @Test func retryAfterIsHonoured() {
        var state = Base.state(generator: .least)
        state.add([Samples.wake("a")], now: Base.time())
        state.end(state.start()[0].id, .retry(after: .seconds(90), reason: "429"), took: .zero, now: Base.time())
        state.passTime(Base.time(.seconds(89)))
        #expect(state.start() == [])
        state.passTime(Base.time(.seconds(90)))
        #expect(state.start().count == 1)
    }

    @Test func refusedCredentialsAreTriedSlowlyAndToldOnce() {
        var state = Base.state(generator: .least)
        state.add([Samples.wake("a"), Samples.wake("b")], now: Base.time())
        for attempt in state.start() {
            state.end(attempt.id, .refused(reason: "403", alarm: .credentials), took: .zero, now: Base.time())
        }
        let alarms = state.takeNotes().filter { if case .alarm = $0 { true } else { false } }
        #expect(alarms == [.alarm(.apns, reason: "403", of: .credentials)])
        state.passTime(Base.time(.seconds(29)))
        #expect(state.start() == [])
        state.passTime(Base.time(.seconds(30)))
        #expect(state.start().count == 2)
    }

    /// One device's target that is not ours slows nobody down, is not tried again, and is told of once an hour.
    @Test func aTargetOfAnotherAppHarmsNobodyElse() {
        var state = Base.state(limits: PushLimits(concurrency: 8))
        let mismatch = PushAnswer.refused(reason: "403", alarm: .target)
        var told: [PushNote] = []
        for minute in [0, 1, 59, 60] {
            let now = Base.time(.seconds(60 * minute))
            state.add([Samples.wake("bad")], now: now)
            state.end(state.start()[0].id, mismatch, took: .zero, now: now)
            let notes = state.takeNotes()
            #expect(notes.contains { if case .ended(_, .refused) = $0 { true } else { false } })
            told += notes.filter { if case .alarm = $0 { true } else { false } }
        }
        #expect(told == Array(repeating: .alarm(.apns, reason: "403", of: .target), count: 2))
        state.add((0..<8).map { Samples.wake("good\($0)") }, now: Base.time())
        #expect(state.start().count == 8)
    }

    // MARK: - Deadlines

    @Test func aWakeThatWaitsExpires() {
        var state = Base.state(limits: PushLimits(concurrency: 1))
        state.add([Samples.wake("first"), Samples.wake("late", deadline: Samples.now + 5000)], now: Base.time())
        let first = state.start()
        state.passTime(Base.time(.seconds(5)))
        #expect(Base.ended(state.takeNotes()) == [.expired])
        state.end(first[0].id, .taken, took: .zero, now: Base.time(.seconds(5)))
        #expect(state.start() == [])
    }

    @Test func aWakeThatIsDelayedExpiresAtItsDeadline() {
        var state = Base.state()
        state.add([Samples.wake("a", deadline: Samples.now + 5000)], now: Base.time())
        state.end(state.start()[0].id, .retry(after: .seconds(60), reason: "429"), took: .zero, now: Base.time())
        #expect(state.nextDue == .seconds(5))
        state.passTime(Base.time(.seconds(5)))
        #expect(Base.ended(state.takeNotes()) == [.expired])
    }

    @Test func aRequestThatEndsAfterTheDeadlineIsNotMadeAgain() {
        var state = Base.state()
        state.add([Samples.wake("a", deadline: Samples.now + 5000)], now: Base.time())
        let first = state.start()
        state.passTime(Base.time(.seconds(6)))
        #expect(Base.ended(state.takeNotes()) == [])
        state.end(first[0].id, .retry(after: nil, reason: "503"), took: .zero, now: Base.time(.seconds(6)))
        #expect(Base.ended(state.takeNotes()) == [.expired])
        #expect(state.load == [:])
    }

    /// The later deadline counts, also when the earlier one comes before the end of a back-off.
    @Test func aReplacementExtendsTheDeadline() {
        var state = Base.state()
        state.add([Samples.wake("a", deadline: Samples.now + 5000)], now: Base.time())
        state.end(state.start()[0].id, .retry(after: .seconds(60), reason: "429"), took: .zero, now: Base.time())
        state.add([Samples.wake("a", deadline: Samples.now + 600_000)], now: Base.time())
        state.passTime(Base.time(.seconds(5)))
        #expect(Base.ended(state.takeNotes()) == [])
        state.passTime(Base.time(.seconds(70)))
        #expect(state.start().count == 1)
    }
}
