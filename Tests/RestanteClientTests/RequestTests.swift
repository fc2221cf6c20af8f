import RestanteCore
import Testing

@testable import RestanteClient

@Suite struct RequestTests {
    private let group = GroupName(unchecked: "g")

    @Test func anAnswerFindsItsRequest() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        let first = machine.request(.listGroups)
        let second = machine.request(.devices(of: Sample.bob))
        #expect(first.id != second.id)
        #expect(first.actions == [.write(.request(.listGroups, id: first.id))])
        #expect(machine.received(.reply(.groups([]), id: second.id)) == [.replied(second.id, .groups([]))])
        let refusal = Refusal(.notFound, "no such thing")
        #expect(machine.received(.failure(refusal, id: first.id)) == [.refused(first.id, refusal)])
        #expect(machine.received(.failure(refusal, id: first.id)) == [])
    }

    @Test func aQuestionIsAskedAgainAndAChangeIsNot() throws {
        var machine = ClientStateMachine()
        _ = machine.connect()
        let question = machine.request(.groupInfo(group))
        let change = machine.request(.leaveGroup(group))
        let failures = machine.disconnected(.closed(code: nil)).compactMap { action -> UInt64? in
            if case .requestFailed(let id, let error) = action, error.code == .connectionLost { id } else { nil }
        }
        #expect(failures == [change.id])
        #expect(machine.connect().last == .write(.request(.groupInfo(group), id: question.id)))
    }

    /// The token of a connection that is gone is of no use on the next, which was made with one.
    @Test func aRefreshIsNotRepeated() {
        var machine = ClientStateMachine()
        _ = machine.connect()
        let refresh = machine.ask(.refresh(token: "t"))
        #expect(refresh.actions == [.write(.refresh(token: "t", id: refresh.id))])
        #expect(
            machine.received(.reply(.refreshed(expiresAt: 7), id: refresh.id)) == [
                .replied(refresh.id, .refreshed(expiresAt: 7))
            ])
        let again = machine.ask(.refresh(token: "t"))
        let actions = machine.disconnected(.closed(code: 4401))
        #expect(
            actions.contains {
                if case .requestFailed(again.id, let e) = $0 { e.code == .connectionLost } else { false }
            })
    }

    @Test func aChangeThatWasNotWrittenYetWaitsForTheConnection() {
        var machine = ClientStateMachine()
        let change = machine.request(.leaveGroup(group))
        #expect(change.actions == [])
        _ = machine.nextStep()
        _ = machine.disconnected(.unreachable("refused"))
        #expect(machine.connect().last == .write(.request(.leaveGroup(group), id: change.id)))
    }
}
