import RestanteCore
import Testing

@testable import RestantePush

/// The order of wakes, their replacement and their end: no task, no clock.
struct DispatchStateTests {
    static func state(
        _ providers: Set<PushProvider> = [.apns], limits: PushLimits = PushLimits(),
        generator: ConstantGenerator = .most
    ) -> DispatchState {
        DispatchState(providers: providers, limits: limits, generator: generator)
    }

    static func time(_ uptime: Duration = .zero) -> Time {
        Time(wall: Samples.now + uptime.milliseconds, uptime: uptime)
    }

    static func names(_ attempts: [DispatchState.Attempt]) -> [String] { attempts.map(\.wake.device.user.rawValue) }

    static func ended(_ notes: [PushNote]) -> [WakeOutcome] {
        notes.compactMap { if case .ended(_, let outcome) = $0 { outcome } else { nil } }
    }

    /// Who is asked for one after the other, when each is taken.
    static func order(_ state: inout DispatchState, _ count: Int) -> [String] {
        (0..<count).map { _ in
            let attempt = state.start()[0]
            state.end(attempt.id, .taken, took: .zero, now: time())
            return attempt.wake.device.user.rawValue
        }
    }

    // MARK: - Order

    @Test func noMoreAtOnceThanAllowed() {
        var state = Self.state(limits: PushLimits(concurrency: 4))
        state.add((0..<10).map { Samples.wake("w\($0)") }, now: Self.time())
        let first = state.start()
        #expect(Self.names(first) == ["w0", "w1", "w2", "w3"])
        #expect(state.start() == [])
        state.end(first[1].id, .taken, took: .zero, now: Self.time())
        #expect(Self.names(state.start()) == ["w4"])
        #expect(state.load == [.apns: PushLoad(waiting: 5, delayed: 0, sending: 4)])
    }

    @Test func aBulkJobHoldsNothingUrgentUp() {
        var state = Self.state(limits: PushLimits(concurrency: 64))
        state.add((0..<10_000).map { Samples.wake("bulk\($0)") }, now: Self.time())
        let first = state.start()
        #expect(first.count == 64)
        state.add([Samples.wake("urgent", urgency: .urgent)], now: Self.time())
        state.end(first[0].id, .taken, took: .zero, now: Self.time())
        #expect(Self.names(state.start()) == ["urgent"])
    }

    @Test func jobsTakeTurns() {
        var state = Self.state(limits: PushLimits(concurrency: 1))
        state.add((0..<10).map { Samples.wake("bulk\($0)", job: 1) }, now: Self.time())
        state.add([Samples.wake("one", job: 2)], now: Self.time())
        state.add((0..<2).map { Samples.wake("two\($0)", job: 3) }, now: Self.time())
        #expect(Self.order(&state, 7) == ["bulk0", "one", "two0", "bulk1", "two1", "bulk2", "bulk3"])
    }

    /// A store hands a group's wakes in by and by.
    @Test func aJobOfManyCallsHoldsAnotherUpByOne() {
        var state = Self.state(limits: PushLimits(concurrency: 1))
        for call in 0..<100 {
            state.add((0..<100).map { Samples.wake("bulk\(call * 100 + $0)", job: 7) }, now: Self.time())
        }
        state.add([Samples.wake("single", job: 8)], now: Self.time())
        #expect(Self.order(&state, 4) == ["bulk0", "single", "bulk1", "bulk2"])
    }

    /// Also those of a job that has still much to send, whatever its number is.
    @Test(arguments: [0, 1, -1] as [Int64]) func secondTriesAreAJobOfTheirOwn(job: Int64) {
        var state = Self.state(limits: PushLimits(concurrency: 1), generator: .least)
        state.add((0..<10).map { Samples.wake("first\($0)", job: job) }, now: Self.time())
        state.end(state.start()[0].id, .retry(after: nil, reason: "503"), took: .zero, now: Self.time())
        state.passTime(Self.time())
        #expect(Self.order(&state, 3) == ["first1", "first0", "first2"])
    }

    @Test func urgentWakesLeaveTurnsToOthers() {
        var state = Self.state(limits: PushLimits(concurrency: 1))
        state.add((0..<100).map { Samples.wake("u\($0)", urgency: .urgent) }, now: Self.time())
        state.add([Samples.wake("normal")], now: Self.time())
        #expect(Self.order(&state, 10).firstIndex(of: "normal") == 7)
    }

    /// A server that fails is asked by fewer at once, down to one, and by more again when it answers.
    @Test func aFailingServerIsSpared() {
        var state = Self.state(limits: PushLimits(concurrency: 8))
        state.add((0..<100).map { Samples.wake("w\($0)") }, now: Self.time())
        for attempt in state.start() {
            state.end(attempt.id, .retry(after: nil, reason: "503"), took: .zero, now: Self.time())
        }
        let one = state.start()
        #expect(one.count == 1)
        state.end(one[0].id, .taken, took: .zero, now: Self.time())
        let two = state.start()
        #expect(two.count == 2)
        for attempt in two { state.end(attempt.id, .taken, took: .zero, now: Self.time()) }
        #expect(state.start().count == 8)
    }

    // MARK: - Replacement and cancelling

    @Test func aLaterWakeReplacesOneThatWaits() {
        var state = Self.state(limits: PushLimits(concurrency: 1))
        state.add([Samples.wake("first"), Samples.wake("twice", deadline: Samples.now + 1000)], now: Self.time())
        let first = state.start()
        state.add([Samples.wake("twice", deadline: Samples.now + 9000)], now: Self.time())
        state.end(first[0].id, .taken, took: .zero, now: Self.time())
        let second = state.start()
        #expect(second.map(\.wake.deadline) == [Samples.now + 9000])
        state.end(second[0].id, .taken, took: .zero, now: Self.time())
        #expect(state.start() == [])
        #expect(Self.ended(state.takeNotes()) == [.sent, .sent])
    }

    @Test func whatIsUrgentStaysUrgent() {
        var state = Self.state(limits: PushLimits(concurrency: 1))
        state.add([Samples.wake("first"), Samples.wake("other")], now: Self.time())
        let first = state.start()
        state.add([Samples.wake("later"), Samples.wake("twice", urgency: .urgent)], now: Self.time())
        state.add([Samples.wake("twice")], now: Self.time())
        state.add([Samples.wake("later", urgency: .urgent)], now: Self.time())
        var order: [String] = []
        var attempts = first
        while let attempt = attempts.first {
            state.end(attempt.id, .taken, took: .zero, now: Self.time())
            attempts = state.start()
            order += Self.names(attempts)
        }
        #expect(order == ["twice", "later", "other"])
    }

    /// Its mail may be newer than the answer.
    @Test func aWakeDuringARequestIsSentAfterIt() {
        var state = Self.state()
        state.add([Samples.wake("a")], now: Self.time())
        let first = state.start()
        state.add([Samples.wake("a", urgency: .urgent)], now: Self.time())
        #expect(state.start() == [])
        state.end(first[0].id, .taken, took: .zero, now: Self.time())
        let second = state.start()
        #expect(second.map(\.wake.urgency) == [.urgent])
        state.end(second[0].id, .taken, took: .zero, now: Self.time())
        #expect(state.start() == [])
    }

    @Test func anotherTargetStartsAfresh() {
        var state = Self.state([.apns, .fcm], limits: PushLimits(concurrency: 1))
        state.add([Samples.wake("first"), Samples.wake("moved")], now: Self.time())
        let first = state.start()
        state.add([Samples.wake("moved", Samples.fcm())], now: Self.time())
        let moved = state.start()
        #expect(moved.map(\.wake.target.provider) == [.fcm])
        state.end(first[0].id, .taken, took: .zero, now: Self.time())
        #expect(state.start() == [])
    }

    @Test func cancelling() {
        var state = Self.state(limits: PushLimits(concurrency: 1))
        state.add([Samples.wake("sending"), Samples.wake("waiting"), Samples.wake("other")], now: Self.time())
        let first = state.start()
        state.cancel(Samples.device("waiting"))
        state.cancel(Samples.device("sending"))
        state.cancel(Samples.device("a stranger"))
        let dropped = state.takeNotes().filter { if case .connected(_, isCancelled: true) = $0 { true } else { false } }
        #expect(dropped.count == 2)
        state.end(first[0].id, .retry(after: nil, reason: "503"), took: .zero, now: Self.time())
        let second = state.start()
        #expect(Self.names(second) == ["other"])
        #expect(Self.ended(state.takeNotes()) == [])
        state.passTime(Self.time(.seconds(7200)))
        #expect(state.start() == [])
    }

    @Test func theEndOfACancelledRequestIsTold() {
        var state = Self.state()
        state.add([Samples.wake("a")], now: Self.time())
        let first = state.start()
        state.cancel(Samples.device("a"))
        state.end(first[0].id, .unregistered, took: .zero, now: Self.time())
        #expect(Self.ended(state.takeNotes()) == [.unregistered])
    }

    /// Cancelled wakes leave entries behind, which must not pile up behind a server that hangs.
    @Test func connectingAgainAndAgainLeavesNothing() {
        var state = Self.state(limits: PushLimits(concurrency: 1))
        state.add([Samples.wake("hangs")], now: Self.time())
        #expect(state.start().count == 1)
        for _ in 0..<10_000 {
            state.add([Samples.wake("restless")], now: Self.time())
            state.cancel(Samples.device("restless"))
        }
        #expect(state.entries < 5000)
        #expect(state.load == [.apns: PushLoad(sending: 1)])
    }

    @Test func aProviderWithoutASenderRefuses() {
        var state = Self.state([.fcm])
        state.add([Samples.wake("a")], now: Self.time())
        #expect(Self.ended(state.takeNotes()) == [.refused(reason: "no sender for apns is configured")])
    }
}
