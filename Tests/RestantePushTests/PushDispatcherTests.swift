import RestanteCore
import Testing

@testable import RestantePush

/// The dispatcher at work, with senders that answer as told and a clock that is moved by hand.
@Suite(.timeLimit(.minutes(5)))
struct PushDispatcherTests {
    /// Runs `body` with a dispatcher, which is shut down after it.
    static func run(
        _ senders: [ScriptedSender], limits: PushLimits = PushLimits(),
        body: (PushDispatcher, RecordingSink, FakeClock) async throws -> Void
    ) async rethrows {
        let sink = RecordingSink()
        let clock = FakeClock()
        let dispatcher = PushDispatcher(senders: senders, limits: limits, clock: clock, sink: sink)
        do {
            try await body(dispatcher, sink, clock)
        } catch {
            await dispatcher.shutdown()
            throw error
        }
        await dispatcher.shutdown()
        for sender in senders { #expect(sender.isShutDown) }
    }

    @Test func tenThousandAndAnUrgentOne() async throws {
        let gate = Gate()
        let sender = ScriptedSender(.apns) { _, number in
            if number < 64 { await gate.pass() }
            return .taken
        }
        await Self.run([sender]) { dispatcher, sink, _ in
            dispatcher.dispatch((0..<10_000).map { Samples.wake("bulk\($0)") })
            dispatcher.dispatch([Samples.wake("urgent", urgency: .urgent)])
            gate.open()
            await sink.ended(10_001)
            // It came when no more than the first 64 were under way.
            #expect((sender.names.firstIndex(of: "urgent") ?? .max) <= 64)
            #expect(Set(sender.names).count == 10_001)
            #expect(sink.ended.allSatisfy { $0.outcome == .sent })
        }
    }

    @Test func aProviderThatHangsDelaysNoOther() async {
        let gate = Gate()
        let hanging = ScriptedSender(.apns) { _, _ in
            await gate.pass()
            return .taken
        }
        await Self.run([hanging, ScriptedSender(.fcm)]) { dispatcher, sink, _ in
            dispatcher.dispatch((0..<1000).map { Samples.wake("apns\($0)") })
            dispatcher.dispatch((0..<1000).map { Samples.wake("fcm\($0)", Samples.fcm()) })
            await sink.ended(1000)
            #expect(sink.ended.allSatisfy { $0.name.hasPrefix("fcm") })
            #expect(dispatcher.load[.apns]?.sending == 64)
            #expect(dispatcher.load[.fcm] == nil)
        }
    }

    @Test func triesAgainWhenTheClockSaysSo() async {
        let sender = ScriptedSender(.apns) { _, number in
            number == 0 ? .retry(after: .seconds(30), reason: "503") : .taken
        }
        await Self.run([sender]) { dispatcher, sink, clock in
            dispatcher.dispatch([Samples.wake("a")])
            await sink.answered(1)
            #expect(sink.ended == [])
            #expect(dispatcher.load[.apns] == PushLoad(delayed: 1))
            clock.advance(by: .seconds(29))
            #expect(sender.names == ["a"])
            // A tenth of the wait is jitter.
            clock.advance(by: .seconds(5))
            await sink.ended(1)
            #expect(sink.ended == [.init(name: "a", outcome: .sent)])
            #expect(sink.answers == [.retry(after: .seconds(30), reason: "503"), .taken])
        }
    }

    /// How long it is good for is told by the machine's time, which may have been wrong before.
    @Test func aClockThatIsPutRightShortensNothing() async {
        let sender = ScriptedSender(.apns) { _, number in
            number == 0 ? .retry(after: .seconds(30), reason: "503") : .taken
        }
        await Self.run([sender]) { dispatcher, sink, clock in
            dispatcher.dispatch([Samples.wake("a", deadline: clock.wall + 3_600_000)])
            await sink.answered(1)
            clock.step(by: .seconds(3 * 24 * 3600))
            clock.advance(by: .seconds(60))
            await sink.ended(1)
            #expect(sink.ended == [.init(name: "a", outcome: .sent)])
            #expect(sender.deadlines.last == clock.wall + 3_600_000 - 60_000)
        }
    }

    @Test func expiresWhileAProviderIsAway() async {
        let sender = ScriptedSender(.apns) { _, _ in .retry(after: .seconds(3600), reason: "503") }
        await Self.run([sender]) { dispatcher, sink, clock in
            dispatcher.dispatch([Samples.wake("a", deadline: Samples.now + 60_000)])
            await sink.answered(1)
            clock.advance(by: .seconds(60))
            await sink.ended(1)
            #expect(sink.ended == [.init(name: "a", outcome: .expired)])
        }
    }

    /// Nor is one that is unlinked, of which nobody says that it has connected.
    @Test(arguments: [true, false]) func aDeviceThatConnectsIsNotWokenAnyMore(connects: Bool) async {
        let sender = ScriptedSender(.apns) { wake, number in
            number == 0 ? .retry(after: .seconds(10), reason: "503") : .taken
        }
        await Self.run([sender]) { dispatcher, sink, clock in
            dispatcher.dispatch([Samples.wake("a")])
            await sink.answered(1)
            if connects { dispatcher.cancel(Samples.device("a")) } else { dispatcher.forget(Samples.device("a")) }
            clock.advance(by: .seconds(3600))
            dispatcher.dispatch([Samples.wake("b", deadline: Samples.now + 7_200_000)])
            await sink.ended(1)
            #expect(sender.names == ["a", "b"])
            #expect(sink.connected == (connects ? ["a"] : []))
        }
    }

    /// A nearer moment takes the place of a farther one: tasks that sleep do not pile up.
    @Test func oneTaskSleepsHoweverOftenIsTriedAgain() async {
        let sender = ScriptedSender(.apns) { _, _ in .retry(after: .seconds(1), reason: "503") }
        await Self.run([sender]) { dispatcher, sink, clock in
            let day: Int64 = 86_400_000
            dispatcher.dispatch([Samples.wake("a", deadline: Samples.now + day)])
            for round in 1...50 {
                await sink.answered(round)
                await clock.hasSleeper()
                #expect(clock.sleepers <= 2, "one, and one that is being cancelled")
                clock.advance(by: .seconds(round < 50 ? 1200 : 0))
            }
        }
    }

    @Test func tellsAnAlarm() async {
        let sender = ScriptedSender(.apns) { _, _ in .refused(reason: "403 InvalidProviderToken", alarm: .credentials) }
        await Self.run([sender]) { dispatcher, sink, _ in
            dispatcher.dispatch((0..<10).map { Samples.wake("w\($0)") })
            await sink.answered(10)
            #expect(sink.alarms == ["apns: 403 InvalidProviderToken"])
            #expect(sink.ended == [])
        }
    }

    @Test func shutdownEndsWhatHangs() async {
        let gate = Gate()
        let sender = ScriptedSender(.apns) { _, _ in
            await gate.pass()
            return .retry(after: nil, reason: "cancelled")
        }
        let sink = RecordingSink()
        let dispatcher = PushDispatcher(senders: [sender], clock: FakeClock(), sink: sink)
        dispatcher.dispatch((0..<100).map { Samples.wake("w\($0)") })
        await dispatcher.shutdown()
        #expect(sink.ended == [])
        #expect(sender.isShutDown)
    }
}
