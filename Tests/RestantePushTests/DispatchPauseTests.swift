import RestanteCore
import Testing

@testable import RestantePush

/// Servers that want to be left alone, and mail that cannot wait for the end of a back-off.
struct DispatchPauseTests {
    private typealias Base = DispatchStateTests

    private static func answerAll(
        _ state: inout DispatchState, _ answer: PushAnswer, _ uptime: Duration = .zero
    ) -> Int {
        let attempts = state.start()
        for attempt in attempts { state.end(attempt.id, answer, took: .zero, now: Base.time(uptime)) }
        return attempts.count
    }

    /// A project over its quota is not asked once for each of its wakes.
    @Test(arguments: [Samples.fcm(), .webPush(endpoint: "https://push.example.org/x", key: [], secret: [])])
    func allOfALaneWaitForTheEndOfItsPause(target: PushTarget) {
        var state = Base.state([.fcm, .webPush, .apns], generator: .least)
        state.add((0..<10_000).map { Samples.wake("w\($0)", target) }, now: Base.time())
        let asked = Self.answerAll(&state, .retry(after: .seconds(90), reason: "429"))
        #expect((1...64).contains(asked))
        #expect(state.start() == [])
        #expect(state.nextDue == .seconds(90))
        state.add([Samples.wake("other"), Samples.wake("urgent", target, urgency: .urgent)], now: Base.time())
        #expect(Base.names(state.start()) == ["other"])
        state.passTime(Base.time(.seconds(89)))
        #expect(state.start() == [])
        state.passTime(Base.time(.seconds(90)))
        #expect(Base.names(state.start()).first == "urgent")
        let load = state.load[target.provider]
        #expect((load?.waiting ?? 0) + (load?.sending ?? 0) == 10_001)
    }

    @Test func aLongerPauseCounts() {
        var state = Base.state([.fcm], generator: .least)
        state.add([Samples.wake("a", Samples.fcm()), Samples.wake("b", Samples.fcm())], now: Base.time())
        let attempts = state.start()
        for (attempt, seconds) in zip(attempts, [60, 90]) {
            state.end(attempt.id, .retry(after: .seconds(seconds), reason: "429"), took: .zero, now: Base.time())
        }
        state.passTime(Base.time(.seconds(60)))
        #expect(state.start() == [])
        state.passTime(Base.time(.seconds(90)))
        #expect(state.start().count == 2)
    }

    @Test func deadlinesHoldDuringAPause() {
        var state = Base.state([.fcm], limits: PushLimits(concurrency: 1), generator: .least)
        let late = Samples.wake("late", Samples.fcm(), deadline: Samples.now + 5000)
        state.add([Samples.wake("a", Samples.fcm()), late], now: Base.time())
        #expect(Self.answerAll(&state, .retry(after: .seconds(90), reason: "429")) == 1)
        #expect(state.nextDue == .seconds(5))
        state.passTime(Base.time(.seconds(5)))
        #expect(Base.ended(state.takeNotes()) == [.expired])
    }

    /// A pause outlives the wakes that it was asked for.
    @Test func aPauseIsNotForgottenWithItsWakes() {
        var state = Base.state([.fcm], generator: .least)
        state.add([Samples.wake("a", Samples.fcm())], now: Base.time())
        #expect(Self.answerAll(&state, .retry(after: .seconds(90), reason: "429")) == 1)
        state.cancel(Samples.device("a"))
        state.add([Samples.wake("b", Samples.fcm())], now: Base.time())
        #expect(state.start() == [])
        state.cancel(Samples.device("b"))
        state.passTime(Base.time(.seconds(90)))
        #expect(state.start() == [])
        #expect(state.lanes.isEmpty)
    }

    /// APNs' limit of one device is no reason to let others sleep.
    @Test func aDevicePausesNoLane() {
        var state = Base.state(limits: PushLimits(concurrency: 1), generator: .least)
        state.add([Samples.wake("a"), Samples.wake("b")], now: Base.time())
        let answer = PushAnswer.retry(after: .seconds(90), reason: "429", of: .target)
        #expect(Self.answerAll(&state, answer) == 1)
        #expect(Base.names(state.start()) == ["b"])
        state.add([Samples.wake("a", urgency: .urgent)], now: Base.time())
        #expect(state.load[.apns] == PushLoad(delayed: 1, sending: 1), "what the provider asked for holds")
    }

    /// Of a host that a client has named, and that wants to be left alone for a year, nothing is kept for longer than a day.
    @Test func aPauseLastsADayAtMost() {
        let target = PushTarget.webPush(endpoint: "https://push.example.org/x", key: [], secret: [])
        var state = Base.state([.webPush], generator: .least)
        state.add([Samples.wake("a", target)], now: Base.time())
        #expect(Self.answerAll(&state, .retry(after: .seconds(365 * 86_400), reason: "503")) == 1)
        state.cancel(Samples.device("a"))
        state.passTime(Base.time(.seconds(86_399)))
        #expect(state.lanes.count == 1)
        state.passTime(Base.time(.seconds(86_400)))
        #expect(state.lanes.isEmpty)
    }

    // MARK: - What cannot wait

    @Test func urgentMailDoesNotWaitForABackOff() {
        var state = Base.state(generator: .most)
        state.add([Samples.wake("a")], now: Base.time())
        #expect(Self.answerAll(&state, .retry(after: nil, reason: "503")) == 1)
        state.add([Samples.wake("a")], now: Base.time())
        #expect(state.start() == [])
        state.add([Samples.wake("a", urgency: .urgent)], now: Base.time())
        #expect(state.start().map(\.wake.urgency) == [.urgent])
        #expect(state.load == [.apns: PushLoad(sending: 1)])
    }
}
