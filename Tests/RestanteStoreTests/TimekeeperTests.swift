import RestanteCore
import Testing

@testable import RestanteStore

/// The store's clock by itself: what it believes of a wall clock that steps.
@Suite struct TimekeeperTests {
    private static let hour: Int64 = 3_600_000
    private static let day = 24 * hour
    private static let year = 365 * day
    private let machine = SteppedClock()

    private func keeper(after mark: Timekeeper.Mark? = nil) -> Timekeeper {
        Timekeeper(machine.clock, mark: mark, memory: 45 * Self.day)
    }

    @Test func aSmallStepForwardIsFollowed() {
        var keeper = keeper()
        machine.step(milliseconds: 23 * Self.hour)
        #expect(keeper.read() == machine.now && keeper.mayForget)
    }

    /// It neither goes back nor stands: at half the pace the wall clock catches up.
    @Test func aSmallStepBackIsWaitedFor() {
        var keeper = keeper()
        let before = keeper.read()
        machine.step(milliseconds: -2 * Self.hour)
        #expect(keeper.read() == before && keeper.mayForget)
        for minute in 1...60 {
            machine.advance(milliseconds: 60_000)
            #expect(keeper.read() == before + Int64(minute) * 30_000)
        }
        machine.advance(milliseconds: 3 * Self.hour)
        #expect(keeper.read() == machine.now)
    }

    @Test(arguments: [25 * hour, 9 * day, 3 * year, -25 * hour, -9 * day, -30 * year])
    func aLargeStepIsNotFollowedUntilItHasAgreedForADay(_ step: Int64) {
        var keeper = keeper()
        let before = keeper.read()
        machine.step(milliseconds: step)
        machine.advance(milliseconds: Self.hour)
        #expect(keeper.read() == before + Self.hour && !keeper.mayForget && !keeper.hasAgreed)
        machine.advance(milliseconds: 22 * Self.hour)
        _ = keeper.read()
        // Not the same any more: the day begins anew.
        machine.step(milliseconds: Self.hour / 2)
        machine.advance(milliseconds: 2 * Self.hour)
        #expect(keeper.read() == before + 25 * Self.hour && !keeper.hasAgreed)
        machine.advance(milliseconds: Self.day)
        _ = keeper.read()
        #expect(keeper.hasAgreed)
        keeper.adopt()
        #expect(keeper.read() == machine.now && keeper.mayForget)
        #expect(keeper.takeNotices().map(\.level) == [.warning, .warning])
    }

    /// What was stored is not older for it: as much time has passed as has passed.
    @Test func aStepForwardMakesNothingOlder() {
        var keeper = keeper()
        let before = keeper.read()
        machine.step(milliseconds: 2 * Self.year)
        _ = keeper.read()
        keeper.adopt()
        machine.advance(milliseconds: Self.day)
        #expect(keeper.readForAge() == before + Self.day)
        // By then all that was stored before has been forgotten.
        machine.advance(milliseconds: 45 * Self.day)
        #expect(keeper.readForAge() == machine.now)
    }

    @Test func aClockThatComesBackIsBelievedAtOnce() {
        var keeper = keeper()
        machine.step(milliseconds: -5 * Self.year)
        _ = keeper.read()
        machine.step(milliseconds: 5 * Self.year)
        machine.advance(milliseconds: 1000)
        #expect(keeper.read() == machine.now && keeper.mayForget)
    }

    /// Each is small enough to be followed; together they are not.
    @Test func smallStepsDoNotAddUp() {
        var keeper = keeper()
        let before = keeper.read()
        for _ in 1...50 {
            machine.step(milliseconds: 20 * Self.hour)
            machine.advance(milliseconds: 60_000)
            _ = keeper.read()
        }
        #expect(!keeper.mayForget && keeper.read() <= before + Self.day + Self.hour)
    }

    @Test func aRestartGoesOnFromTheMark() {
        var first = keeper()
        machine.step(milliseconds: 300 * Self.day)
        let time = first.read()
        machine.advance(milliseconds: 20 * Self.hour)
        _ = first.read()
        let mark = first.mark()
        machine.advance(milliseconds: Self.hour)
        var second = keeper(after: mark)
        #expect(second.read() == time + 21 * Self.hour && !second.mayForget)
        // The day of agreement began before the restart.
        machine.advance(milliseconds: 3 * Self.hour)
        _ = second.read()
        #expect(second.hasAgreed)
    }

    @Test func aRestartDoesNotGoBackToAWallClockThatIsBehind() {
        var first = keeper()
        let time = first.read()
        let mark = first.mark()
        machine.step(milliseconds: -3 * Self.hour)
        var second = keeper(after: mark)
        #expect(second.read() == time && second.mayForget)
    }

    /// How long the machine was off is not known; some hours are believed, more are not, and then they may have passed.
    @Test func afterABootOfTheMachine() {
        var first = keeper()
        let time = first.read()
        let mark = first.mark()
        machine.reboot(after: 5 * Self.hour)
        var second = keeper(after: mark)
        #expect(second.read() == machine.now && second.mayForget)
        machine.reboot(after: 10 * Self.day)
        var third = keeper(after: mark)
        #expect(third.read() == time + 20_000 && !third.mayForget)
        third.adopt()
        #expect(third.readForAge() == machine.now)
    }

    /// A machine without a clock of its own starts in 1970 and is told the time later.
    @Test func aFirstStartIn1970IsPutRightAtOnce() {
        let machine = SteppedClock(at: 5000)
        var keeper = Timekeeper(machine.clock, mark: nil, memory: Self.day)
        let before = keeper.read()
        machine.step(milliseconds: 57 * Self.year)
        #expect(keeper.read() == machine.now && keeper.mayForget)
        #expect(keeper.readForAge() == before)
    }
}
