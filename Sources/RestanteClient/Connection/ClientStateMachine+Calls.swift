import RestanteCore

extension ClientStateMachine {
    /// Takes a message to send, now or when there is a connection and room.
    mutating func submit(_ submission: Submission) -> [Action] {
        if case .finished(let error) = state {
            return [.sendFailed(submission.id, error ?? ClientError(.stopped, "the client has been stopped"))]
        }
        sends.append(submission)
        return fill()
    }

    /// Nobody waits for this send any more. It may have been carried out; it is not resent.
    mutating func abandonSend(_ id: MessageID) -> [Action] {
        sends.remove(id) ? fill() : []
    }

    /// Takes a request; the id is this client's own and comes back with the answer.
    mutating func request(_ request: Request) -> (id: UInt64, actions: [Action]) { ask(.request(request)) }

    mutating func ask(_ question: Question) -> (id: UInt64, actions: [Action]) {
        let id = requests.append(question)
        if case .finished(let error) = state {
            requests.remove(id)
            return (id, [.requestFailed(id, error ?? ClientError(.stopped, "the client has been stopped"))])
        }
        return (id, fill())
    }

    mutating func abandonRequest(_ id: UInt64) { requests.remove(id) }

    /// Acknowledges everything up to a delivery of this connection; of an earlier one, or again, it is nothing.
    mutating func acknowledge(through token: DeliveryToken) -> [Action] {
        guard state == .welcomed, token.connection == connection, token.tag > acknowledged, token.tag <= delivered
        else { return [] }
        acknowledged = token.tag
        return [.write(.acknowledge(through: token.tag))]
    }
}
