import RestanteCore
import Testing

@testable import RestanteClient

@Suite struct SendTests {
    @Test func sendsWaitForTheWelcome() {
        var machine = ClientStateMachine()
        #expect(machine.submit(Sample.submission(1)) == [])
        _ = machine.nextStep()
        #expect(machine.submit(Sample.submission(2)) == [])
        _ = machine.opened()
        #expect(
            machine.received(.welcome(Sample.welcome)) == [
                .emit(.welcome(Sample.welcome)), .write(.send(Sample.submission(1))),
                .write(.send(Sample.submission(2))),
            ])
    }

    @Test func unansweredSendsAreResentInOrderWithTheirIDs() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        for number in 1...3 { _ = machine.submit(Sample.submission(UInt64(number))) }
        let answer = SendAnswer.accepted(at: 5, duplicate: false)
        #expect(machine.received(.sent(Sample.id(2), answer)) == [.answered(Sample.id(2), answer)])
        _ = machine.disconnected(.closed(code: nil))
        #expect(
            machine.connect() == [
                .emit(.welcome(Sample.welcome)), .write(.send(Sample.submission(1))),
                .write(.send(Sample.submission(3))),
            ])
        // The first answer of a message ends it; a second one is nothing.
        let again = SendAnswer.accepted(at: 5, duplicate: true)
        #expect(machine.received(.sent(Sample.id(1), again)) == [.answered(Sample.id(1), again)])
        #expect(machine.received(.sent(Sample.id(1), again)) == [])
    }

    @Test func noMoreThanTheLimitIsOnTheWay() {
        var machine = ClientStateMachine { $0.sendsInFlight = 2 }
        _ = machine.connect()
        #expect(machine.submit(Sample.submission(1)).count == 1)
        #expect(machine.submit(Sample.submission(2)).count == 1)
        #expect(machine.submit(Sample.submission(3)) == [])
        let refusal = Refusal(.noDevices, "nobody there")
        #expect(
            machine.received(.rejected(Sample.id(1), refusal))
                == [.rejected(Sample.id(1), refusal), .write(.send(Sample.submission(3)))])
        // Over a reconnect the limit holds as well.
        _ = machine.submit(Sample.submission(4))
        _ = machine.disconnected(.closed(code: nil))
        #expect(machine.connect().count == 3)
    }

    @Test func anAbandonedSendMakesRoomAndIsNotResent() {
        var machine = ClientStateMachine { $0.sendsInFlight = 1 }
        _ = machine.connect()
        _ = machine.submit(Sample.submission(1))
        _ = machine.submit(Sample.submission(2))
        #expect(machine.abandonSend(Sample.id(1)) == [.write(.send(Sample.submission(2)))])
        _ = machine.disconnected(.closed(code: nil))
        #expect(machine.connect() == [.emit(.welcome(Sample.welcome)), .write(.send(Sample.submission(2)))])
    }

    @Test func anEphemeralSendIsNotRepeated() throws {
        var machine = ClientStateMachine()
        _ = machine.connect()
        _ = machine.submit(Sample.submission(1, ephemeral: true))
        let actions = machine.disconnected(.closed(code: nil))
        guard case .sendFailed(Sample.id(1), let error)? = actions.first else { throw Unexpected() }
        #expect(error.code == .connectionLost)
        #expect(machine.connect() == [.emit(.welcome(Sample.welcome))])
    }

    @Test func aServerOnItsWayOutIsNoAnswer() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        _ = machine.submit(Sample.submission(1))
        #expect(machine.received(.rejected(Sample.id(1), Refusal(.shuttingDown, "later"))) == [])
        _ = machine.disconnected(.closed(code: 1001))
        #expect(machine.connect().contains(.write(.send(Sample.submission(1)))))
    }

    @Test func theEndFailsWhatStillWaits() throws {
        var machine = ClientStateMachine()
        _ = machine.connect()
        _ = machine.submit(Sample.submission(1))
        let (id, _) = machine.request(.listGroups)
        let displaced = machine.disconnected(.closed(code: 4409))
        guard case .finish(let error?) = machine.nextStep() else { throw Unexpected() }
        #expect(displaced.contains(.sendFailed(Sample.id(1), error)))
        #expect(displaced.contains(.requestFailed(id, error)))
        #expect(machine.submit(Sample.submission(2)) == [.sendFailed(Sample.id(2), error)])
    }

    @Test func stoppingClosesProperlyAndOnce() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        #expect(machine.finish(nil) == [.close(code: 1000)])
        #expect(machine.finish(nil) == [])
        #expect(machine.disconnected(.closed(code: 1000)) == [])
        #expect(machine.nextStep() == .finish(nil))
    }

    /// The server would close the connection over its frame, and the resend would do so again.
    @Test func aMessageThatTheServerWouldNotTakeIsNotWritten() {
        var machine = ClientStateMachine()
        var large = Sample.submission(1)
        large.content = .payload(Payload(repeating: 7, count: Sample.welcome.messageBytes + 1))
        #expect(machine.submit(large) == [])
        let actions = machine.connect()
        guard case .rejected(large.id, let refusal)? = actions.last, refusal.code == .tooLarge, actions.count == 2
        else {
            Issue.record("\(actions)")
            return
        }
        large.content = .payload(Payload(repeating: 7, count: Sample.welcome.messageBytes))
        #expect(machine.submit(large) == [.write(.send(large))])
    }

    /// On the wire 0 means "as long as you keep messages".
    @Test(arguments: [0, -5]) func aTimeToLiveThatTheWireCannotSayIsRefused(seconds: Int) {
        var machine = ClientStateMachine { $0.sendsInFlight = 1 }
        _ = machine.connect()
        var submission = Sample.submission(1)
        submission.timeToLive = seconds
        guard case .rejected(submission.id, let refusal)? = machine.submit(submission).first else {
            Issue.record("it was written")
            return
        }
        #expect(refusal.code == .badTTL)
        // What was refused takes nobody's place.
        #expect(machine.submit(Sample.submission(2)) == [.write(.send(Sample.submission(2)))])
    }
}
