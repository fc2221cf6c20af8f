import RestanteCore
import Testing

@testable import RestanteStore

/// The schedule of wake-ups by itself: times are given to it, and nothing is looked up.
@Suite(.timeLimit(.minutes(5))) struct WakeScheduleTests {
    private static let minute: Int64 = 60_000
    private let minute = Self.minute
    private let log: LogKey = 7
    private let normal = WakeCause(log: 7, urgency: .normal)
    private let urgent = WakeCause(log: 7, urgency: .urgent)

    private func schedule() throws -> WakeSchedule {
        let box = try WakeBox()
        let connection = try Connection(path: box.database, mode: .readOnly)
        defer { connection.close() }
        var schedule = try WakeSchedule(WakeOptions(), connection, now: 0)
        schedule.turnOn()
        return schedule
    }

    @Test(arguments: [[Urgency.urgent, .normal], [.normal, .urgent]])
    func whatIsUrgentStaysUrgent(_ order: [Urgency]) throws {
        var schedule = try schedule()
        for urgency in order {
            schedule.note(log, WakeCause(log: 7, urgency: urgency), at: 0)
            schedule.mail(for: 1, WakeCause(log: 7, urgency: urgency), at: 0)
        }
        let look = schedule.nextLook(at: 0)
        let due = schedule.takeDue(at: 0)
        #expect(look?.cause.urgency == .urgent && due?.cause?.urgency == .urgent)
    }

    /// A log is left alone until the first of those who were woken may be woken again, and not for longer.
    @Test func aLogIsQuietUntilSomebodyMayBeWoken() throws {
        var schedule = try schedule()
        schedule.cool(1, through: 5, at: 0)
        schedule.note(log, normal, at: 5 * minute)
        _ = schedule.nextLook(at: 5 * minute)
        schedule.mail(for: 1, normal, at: 5 * minute)
        schedule.endLook()
        schedule.note(log, normal, at: 20 * minute - 1)
        #expect(schedule.unlooked(log) == nil)
        schedule.note(log, normal, at: 20 * minute)
        #expect(schedule.unlooked(log) == normal)
    }

    /// For how long, is not known any more.
    @Test func noLogIsQuietAfterAClockWasSet() throws {
        var schedule = try schedule()
        lookAt(&schedule)
        schedule.note(log, normal, at: 1)
        #expect(schedule.unlooked(log) == nil)
        schedule.restart(at: 1)
        schedule.note(log, normal, at: 1)
        #expect(schedule.unlooked(log) == normal)
    }

    private func lookAt(_ schedule: inout WakeSchedule) {
        schedule.note(log, normal, at: 0)
        _ = schedule.nextLook(at: 0)
        schedule.endLook()
    }

    /// However quiet it is.
    @Test func urgentMailIsLookedAt() throws {
        var schedule = try schedule()
        lookAt(&schedule)
        schedule.note(log, urgent, at: 1)
        #expect(schedule.unlooked(log) == urgent && schedule.dueAt(1) == 1)
    }

    /// A group with more readers than one slice looks at: the next slice goes on.
    @Test func aLookThatIsUnderWayIsDue() throws {
        var schedule = try schedule()
        schedule.note(log, normal, at: 0)
        #expect(schedule.unlooked(log) == normal && schedule.dueAt(1) == 1)
        _ = schedule.nextLook(at: 0)
        schedule.look?.after = (acked: 3, device: 256)
        #expect(schedule.unlooked(log) == normal && schedule.unlooked(8) == nil && schedule.dueAt(1) == 1)
        let rest = schedule.nextLook(at: 1)
        #expect(rest?.log == log && rest?.after.device == 256)
        schedule.endLook()
        #expect(schedule.unlooked(log) == nil && schedule.dueAt(1) == .max)
    }

    /// Who leaves, or joins, while the others are being looked at hears of what comes next.
    @Test func whoLeavesDuringALookHearsOfTheNextMail() throws {
        var schedule = try schedule()
        schedule.note(log, normal, at: 0)
        _ = schedule.nextLook(at: 0)
        schedule.left(1, [log], hasRead: true, at: 0)
        schedule.endLook()
        schedule.note(log, normal, at: 1)
        #expect(schedule.unlooked(log) == normal)
    }

    /// Whoever comes and goes and acknowledges nothing is woken after longer and longer, until it does.
    @Test func whoReadsNothingIsWokenLessAndLess() throws {
        var schedule = try schedule()
        for minutes in [1, 2, 4, 8, 16, 20, 20] {
            schedule.left(1, [log], hasRead: false, at: 0)
            #expect(schedule.dueAt(0) == Int64(minutes) * minute)
            #expect(schedule.takeDue(at: 100 * minute) != nil)
            schedule.leftUnread(1, true)
        }
        schedule.left(1, [log], hasRead: true, at: 0)
        #expect(schedule.dueAt(0) == minute)
    }

    /// A look that is under way cannot make a log quiet by a clock that was set since.
    @Test func aLookBeforeAClockWasSetMakesNothingQuiet() throws {
        var schedule = try schedule()
        schedule.note(log, normal, at: 60 * minute)
        _ = schedule.nextLook(at: 60 * minute)
        schedule.restart(at: 0)
        schedule.endLook()
        schedule.note(log, normal, at: 1)
        #expect(schedule.unlooked(log) == normal)
    }

    /// What was to happen to a device before it connected does not happen to it after it has left.
    @Test func whatWasDueBeforeIsForgotten() throws {
        var schedule = try schedule()
        schedule.put(1, dueAt: 10, beyond: 3, normal)
        _ = schedule.connected(1, at: 5)
        schedule.left(1, [LogKey](), hasRead: true, at: 5)
        let early = schedule.takeDue(at: minute + 4)
        #expect(early == nil)
        let due = schedule.takeDue(at: minute + 5)
        #expect(due?.device == 1 && due?.beyond == 0 && due?.cause == nil)
        let another = schedule.takeDue(at: 60 * minute)
        #expect(another == nil)
    }
}
