import RestanteCore
import Testing

@testable import RestanteClient

@Suite struct DeliveryTests {
    private func token(_ connection: UInt64, _ tag: UInt64) -> DeliveryToken {
        DeliveryToken(connection: connection, tag: tag)
    }

    @Test func aDeliveryCarriesItsConnection() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        let message = Sample.message(1)
        #expect(
            machine.received(.delivery(.message(message), tag: 1))
                == [.emit(.delivery(.message(message), token(1, 1)))])
        #expect(machine.received(.acknowledged(through: 1)) == [.emit(.acknowledged(through: token(1, 1)))])
    }

    @Test func aLateAcknowledgementIsNotSentOnALaterConnection() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        _ = machine.received(.delivery(.message(Sample.message(1)), tag: 1))
        _ = machine.disconnected(.closed(code: nil))
        #expect(machine.acknowledge(through: token(1, 1)) == [])
        _ = machine.connect()
        _ = machine.received(.delivery(.message(Sample.message(2)), tag: 1))
        #expect(machine.acknowledge(through: token(1, 1)) == [])
        #expect(machine.acknowledge(through: token(2, 1)) == [.write(.acknowledge(through: 1))])
    }

    @Test func onlyWhatWasDeliveredIsAcknowledgedAndOnlyOnce() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        for tag in 1...3 { _ = machine.received(.delivery(.message(Sample.message(UInt64(tag))), tag: UInt64(tag))) }
        #expect(machine.acknowledge(through: token(1, 4)) == [])
        #expect(machine.acknowledge(through: token(1, 2)) == [.write(.acknowledge(through: 2))])
        #expect(machine.acknowledge(through: token(1, 1)) == [])
        #expect(machine.acknowledge(through: token(1, 2)) == [])
        #expect(machine.acknowledge(through: token(1, 3)) == [.write(.acknowledge(through: 3))])
    }

    @Test func aHoleInTheTagsIsAWrongServer() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        #expect(machine.received(.delivery(.message(Sample.message(1)), tag: 2)) == [.close(code: 1002)])
    }

    @Test func nothingComesBeforeTheWelcome() {
        var machine = ClientStateMachine()
        _ = machine.nextStep()
        _ = machine.opened()
        #expect(machine.received(.drained) == [.close(code: 1002)])
    }

    @Test func aSecondWelcomeIsAWrongServer() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        #expect(machine.received(.welcome(Sample.welcome)) == [.close(code: 1002)])
    }
}
