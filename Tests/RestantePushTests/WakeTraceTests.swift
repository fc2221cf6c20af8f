import RestanteCore
import Testing

@testable import RestantePush

struct WakeTraceTests {
    private let clock = FakeClock()
    private let trace: WakeTrace

    init() { trace = WakeTrace(clock: clock) }

    private func kinds(_ name: String) -> [WakeEvent.Kind] { trace.events(of: Samples.device(name)).map(\.kind) }

    @Test func aLifeInOrder() {
        let wake = Samples.wake("a", urgency: .urgent)
        trace.due(wake)
        clock.advance(by: .milliseconds(5))
        trace.asked(wake, attempt: 1)
        clock.advance(by: .milliseconds(40))
        trace.answered(wake, .taken, took: .milliseconds(40))
        trace.ended(wake, .sent)
        clock.advance(by: .seconds(5))
        trace.connected(wake.device, isCancelled: false)
        let times = trace.events(of: wake.device).map { $0.at - Samples.now }
        #expect(times == [0, 5, 45, 45, 5045])
        #expect(
            kinds("a") == [
                .due(.urgent), .sent(.apns, attempt: 1), .answered(.taken, took: .milliseconds(40)), .ended(.sent),
                .connected(after: .seconds(5)),
            ])
    }

    @Test func connectingIsToldOnceAWakeUp() {
        let wake = Samples.wake("a")
        trace.ended(wake, .sent)
        for _ in 0..<3 { trace.connected(wake.device, isCancelled: false) }
        #expect(kinds("a") == [.ended(.sent), .connected(after: .zero)])
        trace.due(wake)
        trace.connected(wake.device, isCancelled: true)
        #expect(kinds("a").suffix(2) == [.due(.normal), .cancelled])
    }

    /// Nobody comes because of what no provider has taken.
    @Test func onlyWhatWasTakenIsComeFor() {
        for outcome in [WakeOutcome.unregistered, .refused(reason: "400"), .expired] {
            trace.ended(Samples.wake("a"), outcome)
        }
        trace.connected(Samples.device("a"), isCancelled: false)
        #expect(kinds("a").count == 3)
    }

    @Test func whoWasNeverWokenLeavesNothing() {
        trace.connected(Samples.device("a"), isCancelled: false)
        #expect(kinds("a") == [])
    }

    @Test func theLastEventsOfADevice() {
        for attempt in 1...100 { trace.asked(Samples.wake("a"), attempt: attempt) }
        #expect(kinds("a") == (85...100).map { .sent(.apns, attempt: $0) })
    }

    @Test func theDeviceLongestWithoutAnEventGoesFirst() {
        for number in 0..<WakeTrace.mostDevices { trace.due(Samples.wake("w\(number)")) }
        trace.due(Samples.wake("w0"))
        trace.due(Samples.wake("one more"))
        #expect(kinds("w0").count == 2)
        #expect(kinds("w1") == [])
        #expect(kinds("w2").count == 1)
        // A restless device costs the others nothing.
        for _ in 0..<3 * WakeTrace.mostDevices { trace.due(Samples.wake("w0")) }
        #expect(kinds("w2").count == 1)
        trace.due(Samples.wake("and another"))
        #expect(kinds("w2") == [])
        #expect(kinds("w3").count == 1)
    }

    /// What the dispatcher tells, all of it and in its order.
    @Test(.timeLimit(.minutes(5))) func theDispatcherTellsAll() async {
        let sender = ScriptedSender(.apns) { _, number in number == 0 ? .retry(after: nil, reason: "503") : .taken }
        let limits = PushLimits(backoff: PushBackoff(base: .zero))
        let sink = Tee(trace)
        let dispatcher = PushDispatcher(senders: [sender], limits: limits, clock: clock, sink: sink)
        dispatcher.dispatch([Samples.wake("a")])
        await sink.recording.ended(1)
        dispatcher.cancel(Samples.device("a"))
        dispatcher.dispatch([Samples.wake("b")])
        await sink.recording.ended(2)
        await dispatcher.shutdown()
        #expect(
            kinds("a") == [
                .due(.normal), .sent(.apns, attempt: 1), .answered(.retry(after: nil, reason: "503"), took: .zero),
                .sent(.apns, attempt: 2), .answered(.taken, took: .zero), .ended(.sent), .connected(after: .zero),
            ])
    }
}

/// Tells a trace and a recording.
private struct Tee: PushSink {
    let trace: WakeTrace
    let recording = RecordingSink()

    init(_ trace: WakeTrace) { self.trace = trace }

    func due(_ wake: Wake) { trace.due(wake) }
    func asked(_ wake: Wake, attempt: Int) { trace.asked(wake, attempt: attempt) }
    func connected(_ device: DeviceAddress, isCancelled: Bool) { trace.connected(device, isCancelled: isCancelled) }
    func answered(_ wake: Wake, _ answer: PushAnswer, took: Duration) { trace.answered(wake, answer, took: took) }

    func ended(_ wake: Wake, _ outcome: WakeOutcome) {
        trace.ended(wake, outcome)
        recording.ended(wake, outcome)
    }
}
