import FaultKit
import RestanteCore
import RestanteStore

extension ClockLife {
    @discardableResult
    func perform(_ commands: [StoreCommand]) async throws -> [StoreEvent] {
        try await caller.perform(commands)
    }

    func connect(alsoBob: Bool) async throws {
        sessions += 1
        alice = SessionID(sessions)
        var commands: [StoreCommand] = [claim(alice, "alice")]
        if alsoBob {
            sessions += 1
            commands += [claim(SessionID(sessions), "bob"), .release(SessionID(sessions))]
        }
        try await perform(commands)
    }

    private func claim(_ session: SessionID, _ user: String) -> StoreCommand {
        let address = DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: "phone"))
        return .claim(Claim(session: session, address: address, tokenIssuedAt: .max / 2000))
    }

    func send() async throws {
        for _ in 1...Int.random(in: 1...4, using: &random) {
            let payload = Payload((0..<16).map { _ in UInt8.random(in: 0...255, using: &random) })
            let message = Submission(
                id: MessageID(at: machine.time), to: .user(UserName(unchecked: "bob")), content: .payload(payload))
            switch try await outcome(of: message) {
            case .accepted(let time, duplicate: false):
                guard time >= latest else { throw BrokenPromise("accepted at \(time), after \(latest)") }
                latest = time
                sent.append(Sent(submission: message, at: machine.time))
                counts.messages += 1
            // The sender's clock is right and both of the server's are behind.
            case .rejected(let refusal) where refusal.code == .badID && trusted < 0: break
            case let other: throw BrokenPromise("a new message was answered with \(other)")
            }
            machine.advance(Int64.random(in: 1...2000, using: &random))
        }
    }

    func resend() async throws {
        let horizon = Int64(limits.dedupeHorizon) * 1000 - Self.allowance
        guard let message = sent.filter({ machine.time - $0.at < horizon }).randomElement(using: &random) else {
            return
        }
        counts.resends += 1
        guard case .accepted(_, duplicate: true) = try await outcome(of: message.submission) else {
            throw BrokenPromise("an id was forgotten after \((machine.time - message.at) / Self.hour) h")
        }
    }

    private func outcome(of message: Submission) async throws -> SendOutcome {
        let events = try await perform([.send(message, from: .session(alice))])
        for case .sent(message.id, let outcome, _) in events { return outcome }
        throw BrokenPromise("a send was not answered")
    }
}
