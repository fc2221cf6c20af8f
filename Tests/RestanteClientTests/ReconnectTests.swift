import RestanteCore
import Testing

@testable import RestanteClient

@Suite struct ReconnectTests {
    @Test(arguments: [4403, 4409, 4400, 1002, 1003, 1007, 1009] as [UInt16])
    func finalCloseCodesAreFinal(code: UInt16) throws {
        var machine = ClientStateMachine { $0.canRenewToken = true }
        _ = machine.connect()
        let actions = machine.disconnected(.closed(code: code))
        #expect(actions == [.emit(.disconnected(.closed(code: code), retryAfter: nil))])
        guard case .finish(let error?) = machine.nextStep() else { throw Unexpected() }
        let expected: ClientError.Code =
            switch code {
            case 4403: .forbidden
            case 4409: .displaced
            default: .protocolViolation
            }
        #expect(error.code == expected)
    }

    @Test(arguments: [nil, 1000, 1001, 1006, 1011, 1012, 4408] as [UInt16?])
    func otherEndsLeadToAnotherConnection(code: UInt16?) {
        var machine = ClientStateMachine()
        _ = machine.connect()
        _ = machine.disconnected(.closed(code: code))
        #expect(machine.nextStep() == .connect(after: 0, newToken: false))
        #expect(machine.connection == 2)
    }

    @Test(arguments: [Disconnection.closed(code: 4401), .refused(status: 401)])
    func unauthenticatedNeedsANewToken(end: Disconnection) throws {
        var machine = ClientStateMachine { $0.canRenewToken = true }
        _ = machine.nextStep()
        _ = machine.disconnected(end)
        #expect(machine.nextStep() == .connect(after: 0, newToken: true))

        var without = ClientStateMachine()
        _ = without.nextStep()
        _ = without.disconnected(end)
        guard case .finish(let error?) = without.nextStep() else { throw Unexpected() }
        #expect(error.code == .unauthenticated)
    }

    @Test(arguments: [500, 502, 503, 429, 408]) func passingTroubleIsTriedAgain(status: Int) {
        #expect(Disconnection.refused(status: status).verdict == .reconnect)
    }

    @Test(arguments: [(403, ClientError.Code.forbidden), (404, .protocolViolation), (426, .protocolViolation)])
    func otherRefusalsAreFinal(status: Int, code: ClientError.Code) throws {
        guard case .giveUp(let error) = Disconnection.refused(status: status).verdict else { throw Unexpected() }
        #expect(error.code == code)
    }

    @Test func reconnectAfterOfClosingIsHonouredOnce() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        #expect(
            machine.received(.closing(reason: "shutting_down", reconnectAfter: 1234))
                == [.emit(.closing(reason: "shutting_down"))])
        _ = machine.disconnected(.closed(code: 1001))
        #expect(machine.nextStep() == .connect(after: 1234, newToken: false))
        _ = machine.disconnected(.unreachable("refused"))
        #expect(machine.nextStep() == .connect(after: 0, newToken: false))
    }

    @Test func failuresInARowAreCountedAndAWelcomeForgivesThem() throws {
        var machine = ClientStateMachine { $0.maximumFailures = 2 }
        _ = machine.nextStep()
        _ = machine.disconnected(.unreachable("refused"))
        _ = machine.connect()
        _ = machine.disconnected(.closed(code: nil))
        _ = machine.nextStep()
        _ = machine.disconnected(.unreachable("refused"))
        guard case .finish(let error?) = machine.nextStep() else { throw Unexpected() }
        #expect(error.code == .unreachable)
    }

    @Test func backoffGrowsWithFailuresInARow() {
        var machine = ClientStateMachine { $0.backoff = Backoff(base: 100, ceiling: 1000) }
        var delays: [Int64] = []
        for _ in 0..<6 {
            _ = machine.nextStep()
            var generator = FixedGenerator(value: .max)
            _ = machine.disconnected(.unreachable("refused"), using: &generator)
            if case .between(.connect(let after, _)) = machine.state { delays.append(after) }
        }
        #expect(delays == [100, 200, 400, 800, 1000, 1000])
    }

    @Test func aSocketThatComesTooLateIsNotWanted() {
        var machine = ClientStateMachine()
        _ = machine.nextStep()
        _ = machine.finish(nil)
        let opened = machine.opened()
        #expect(!opened)
    }

    /// Or it would go round for ever: the key is wrong, not the token's age.
    @Test func aTokenThatWasJustMadeAndIsRefusedIsTheLast() throws {
        var machine = ClientStateMachine { $0.canRenewToken = true }
        _ = machine.connect()
        _ = machine.disconnected(.closed(code: 4401))
        #expect(machine.nextStep() == .connect(after: 0, newToken: true))
        _ = machine.disconnected(.refused(status: 401))
        guard case .finish(let error?) = machine.nextStep() else { throw Unexpected() }
        #expect(error.code == .unauthenticated)
    }

    @Test func aNewEpochIsToldOnceAndWhatHasNoAnswerIsSentAgain() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        _ = machine.submit(Sample.submission(1))
        _ = machine.disconnected(.closed(code: 1006))
        #expect(machine.connect() == [.emit(.welcome(Sample.welcome)), .write(.send(Sample.submission(1)))])
        _ = machine.disconnected(.closed(code: 1006))
        var restored = Sample.welcome
        restored.epoch = "another"
        #expect(
            machine.connect(restored) == [
                .emit(.welcome(restored)), .emit(.epochChanged(from: "e", to: "another")),
                .write(.send(Sample.submission(1))),
            ])
        _ = machine.disconnected(.closed(code: 1006))
        #expect(machine.connect(restored) == [.emit(.welcome(restored)), .write(.send(Sample.submission(1)))])
    }

    @Test func anEpochThatChangedWhileTheAppDidNotRunIsTold() {
        var machine = ClientStateMachine { $0.lastEpoch = "earlier" }
        #expect(machine.connect().contains(.emit(.epochChanged(from: "earlier", to: "e"))))
    }
}
