import RestanteCore

@testable import RestanteStore

extension RandomLife {
    /// Several in one commit.
    func send(_ count: Int) async throws {
        guard let author = connected() else { return }
        let submissions = (0..<count).map { _ in submission() }
        let events = try await box.perform(submissions.map { .send($0, from: .session(author.session)) })
        for submission in submissions {
            switch answer(to: submission, in: events) {
            case .accepted(_, duplicate: false)?:
                try ledger.stored(submission, from: author.address)
                sent[author.address, default: []].append(submission)
            case .rejected(let refusal)? where [.noDevices, .notFound].contains(refusal.code):
                guard !ledger.mayStore(submission.recipient, from: author.address) else {
                    throw Ledger.Disagreement(description: "\(submission.recipient) refused: \(refusal)")
                }
            case let other: throw Ledger.Disagreement(description: "a send was answered \(String(describing: other))")
            }
        }
        try hear(events)
    }

    /// Gives the first answer and stores nothing, whatever has become of the recipient (P4).
    func sendAgain() async throws {
        guard let author = connected(), let submission = sent[author.address]?.randomElement(using: &numbers) else {
            return
        }
        let command = StoreCommand.send(submission, from: .session(author.session))
        let events = try await perform([command, command])
        let answers = events.filter { if case .sent(_, .accepted(_, duplicate: true), _) = $0 { true } else { false } }
        guard answers.count == 2 else { throw Ledger.Disagreement(description: "a resend was answered \(events)") }
    }

    func cancel() async throws {
        guard let author = connected(), let id = sent[author.address]?.suffix(20).randomElement(using: &numbers)?.id
        else { return }
        switch try await ask(.cancel(id), author.session) {
        case .success: try ledger.cancelled(id)
        case .failure(let refusal):
            guard refusal.code == .tooLate, ledger.isOut(id) else {
                throw Ledger.Disagreement(description: "\(id) could not be withdrawn: \(refusal)")
            }
        }
    }

    /// What the rules of membership refuse is not this test's matter: then nothing may change.
    func changeGroup() async throws {
        guard let author = connected() else { return }
        let (name, other) = (pick(Self.groups), pick(Self.users))
        let before = ledger
        let request: Request
        switch Int.random(in: 0...5, using: &numbers) {
        case 0...1:
            request = .createGroup(name, members: [other])
            ledger.created(name, [other], by: author.address)
        case 2...3:
            request = .addMembers(name, [other])
            ledger.added(other, to: name, by: author.address)
        case 4:
            request = .removeMembers(name, [other])
            ledger.parted(other, from: name, by: author.address)
        default:
            request = .leaveGroup(name)
            ledger.parted(author.address.user, from: name, by: author.address)
        }
        let id = box.newRequest()
        let events = try await box.perform([.request(request, id: id, from: .session(author.session))])
        for case .replied(.failure, id, _) in events { ledger = before }
        try hear(events)
    }

    private func ask(_ request: Request, _ session: SessionID) async throws -> Result<Reply, Refusal> {
        let id = box.newRequest()
        for case .replied(let result, id, _) in try await perform([.request(request, id: id, from: .session(session))])
        {
            return result
        }
        throw Ledger.Disagreement(description: "a request was not answered")
    }

    private func submission() -> Submission {
        let recipients: [Recipient] = [
            .user(pick(Self.users)), .device(pick(Self.addresses)), .group(pick(Self.groups)),
        ]
        let payload = Payload(repeating: 7, count: Int.random(in: 0...300, using: &numbers))
        return Submission(
            id: MessageID(at: box.clock.now()), to: pick(recipients), content: .payload(payload),
            timeToLive: pick([nil, 10, 60]))
    }

    private func answer(to submission: Submission, in events: [StoreEvent]) -> SendOutcome? {
        for case .sent(submission.id, let outcome, _) in events { return outcome }
        return nil
    }
}
