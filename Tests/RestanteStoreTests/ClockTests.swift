import RestanteCore
import Testing

@testable import RestanteStore

/// A store whose machine's clock steps: nothing is forgotten before its time, whatever the clock says.
@Suite(.timeLimit(.minutes(5))) struct ClockTests {
    private static let day: Int64 = 24 * 3_600_000
    private static let year = 365 * day

    /// Bob's phone is away and is owed one message; the clock steps, and time passes that is too short for anything to end.
    @Test(
        arguments: [3 * day, 40 * day, 50 * day, 3 * year, -3 * day, -40 * day, -30 * year],
        [Restart.none, .process, .confirmed])
    func aStepForgetsNothing(_ step: Int64, _ restart: Restart) async throws {
        let machine = SteppedClock()
        let box = try Postbox(clock: machine.clock)
        try await box.register(["bob/phone"])
        let id = MessageID(at: machine.now)
        let send = Submission(id: id, to: .user(user("bob")), content: .payload([7]))
        var alice = try await box.claim(["alice/laptop"])[0]
        try await box.perform([.send(send, from: .session(alice))])
        machine.step(milliseconds: step)
        if restart == .process {
            try await box.perform([])
            await box.shutdown()
            try box.open()
            alice = try await box.claim(["alice/laptop"])[0]
        }
        if restart == .confirmed { #expect(try await box.confirm().held == nil) }
        for _ in 1...3 {
            machine.advance(milliseconds: Self.day)
            for _ in 1...3 { try await box.perform([]) }
        }
        let again = try await box.perform([.send(send, from: .session(alice))])
        let answers = again.compactMap { if case .sent(id, let outcome, _) = $0 { outcome } else { nil } }
        guard case .accepted(_, duplicate: true)? = answers.first else {
            Issue.record("the id was forgotten: \(answers)")
            return
        }
        #expect(try await box.report().held == nil, "three days have agreed")
        let bob = try await box.claim(["bob/phone"])[0]
        #expect(try await box.drain(bob).map(\.id) == [id])
        #expect(try box.folder.texts("SELECT count(*) FROM devices WHERE unlinked_at IS NOT NULL") == ["0"])
        await box.shutdown()
    }

    enum Restart: CaseIterable {
        case none
        case process
        case confirmed
    }

    /// While the clock is held, nothing ends, and it goes on when the clock is confirmed; new mail expires in time.
    @Test func aConfirmedStepBackLeavesNewMailToExpireInTime() async throws {
        let machine = SteppedClock()
        let box = try Postbox(clock: machine.clock)
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        try await box.send([1], to: .user(user("bob")), from: alice)
        machine.step(milliseconds: -3 * Self.year)
        #expect(try await box.report().held?.contains("restante clock confirm") == true)
        #expect(try await box.confirm() == ClockReport(wall: machine.now, store: machine.now))
        try await box.send([2], to: .user(user("bob")), from: alice)
        machine.advance(milliseconds: 31 * Self.day)
        for _ in 1...3 { try await box.perform([]) }
        #expect(try box.folder.texts("SELECT count(*) FROM messages WHERE flags & 8") == ["1"])
        await box.shutdown()
    }

    /// The ids of a clock that was years ahead would keep out everybody else's.
    @Test func idsAreTakenAgainAfterAClockThatWasAhead() async throws {
        let machine = SteppedClock()
        let right = machine.now
        machine.step(milliseconds: 3 * Self.year)
        let box = try Postbox(clock: machine.clock)
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        try await box.send([1], to: .user(user("bob")), from: alice)
        machine.advance(milliseconds: 10 * Self.day)
        await box.shutdown()
        try box.open()
        machine.step(milliseconds: -3 * Self.year)
        #expect(try await box.confirm().store < right + 11 * Self.day)
        let sender = try await box.claim(["alice/laptop"])[0]
        try await box.send([2], to: .user(user("bob")), from: sender)
        await box.shutdown()
    }

    @Test func anIDMayBeAsFarAheadAsTheLaterClockAllows() async throws {
        let machine = SteppedClock()
        let box = try Postbox(clock: machine.clock)
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        machine.step(milliseconds: 40 * Self.day)
        try await box.send([1], to: .user(user("bob")), from: alice)
        #expect(try await box.report().held != nil)
        await box.shutdown()
    }
}

extension Postbox {
    fileprivate func report() async throws -> ClockReport { try await clockReport(.clock) }
    fileprivate func confirm() async throws -> ClockReport { try await clockReport(.confirmClock) }

    private func clockReport(_ request: Request) async throws -> ClockReport {
        let id = newRequest()
        let report = try await store.ask { engine in
            _ = try engine.run([.request(request, id: id, from: .operators(CallID(id)))])
            return engine.timekeeper.report()
        }
        return report
    }
}
