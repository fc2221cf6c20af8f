import NIOCore
import NIOEmbedded
import Testing

@testable import RestanteGateway

/// Timers by the clock of an embedded event loop.
struct LoopTimersTests {
    private final class Log { var words: [String] = [] }

    private let loop = EmbeddedEventLoop()
    private let timers: LoopTimers
    private let log = Log()

    init() { timers = LoopTimers(loop) }

    @Test func comeInOrderAndNotBefore() {
        _ = timers.schedule(in: .milliseconds(300)) { [log] in log.words.append("second") }
        _ = timers.schedule(in: .milliseconds(100)) { [log] in log.words.append("first") }
        loop.advanceTime(by: .milliseconds(99))
        #expect(log.words == [])
        loop.advanceTime(by: .milliseconds(2))
        #expect(log.words == ["first"])
        loop.advanceTime(by: .milliseconds(200))
        #expect(log.words == ["first", "second"])
    }

    @Test func longOnesComeTogetherAndNeverEarly() {
        for delay in 0..<50 {
            _ = timers.schedule(in: .seconds(10) + .milliseconds(Int64(delay))) { [log] in log.words.append("\(delay)")
            }
        }
        loop.advanceTime(by: .milliseconds(9_999))
        #expect(log.words == [])
        loop.advanceTime(by: .milliseconds(151))
        #expect(log.words.count == 50)
    }

    @Test func whatIsCancelledDoesNotCome() {
        let timer = timers.schedule(in: .seconds(1)) { [log] in log.words.append("cancelled") }
        _ = timers.schedule(in: .seconds(1)) { [log] in log.words.append("kept") }
        timers.cancel(timer)
        loop.advanceTime(by: .seconds(2))
        #expect(log.words == ["kept"])
        timers.cancel(timer)
    }

    /// One that schedules the next, as pings do.
    @Test func mayScheduleAgain() {
        func beat() {
            log.words.append("beat")
            _ = timers.schedule(in: .seconds(30)) { beat() }
        }
        beat()
        loop.advanceTime(by: .seconds(95))
        #expect(log.words.count == 4)
    }
}
