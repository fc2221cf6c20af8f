import RestanteClient
import RestanteCore

extension LedgerDevice {
    /// Sends a message of the book, for the first time or again, and writes down the answer.
    func send(_ message: Int) async {
        guard let submission = world.book.with({ $0.messages[message].submission(message) }) else { return }
        do {
            if case .accepted(let time, let duplicate) = try await client.send(submission) {
                world.book.with { $0.accepted(message, at: time, duplicate: duplicate) }
            }
        } catch let refusal as Refusal {
            world.book.with { $0.refused(message, refusal.code) }
        } catch {
            // No answer: it stays among the unanswered, and the next client sends it again.
        }
    }

    /// Sends another payload under the id of an accepted message (P4).
    func sendConflicting(_ message: Int) async {
        guard var submission = world.book.with({ $0.messages[message].submission(message) }) else { return }
        submission.content = .payload(Array("something else".utf8))
        do {
            _ = try await client.send(submission)
            world.book.with { $0.breaksConflict(message, "was accepted with another payload") }
        } catch let refusal as Refusal {
            guard refusal.code != .idConflict else { return }
            world.book.with { $0.breaksConflict(message, "with another payload: \(refusal.code.name)") }
        } catch {
            // No answer, so that there is nothing to compare.
        }
    }

    /// Withdraws a message; without an answer the database tells in the end whether it was.
    func cancel(_ message: Int) async {
        let id = world.book.with { $0.messages[message].id }
        guard case .done? = try? await client.request(.cancel(id)) else { return }
        world.book.with { $0.cancelled(message) }
    }
}

extension LedgerState {
    fileprivate mutating func breaksConflict(_ number: Int, _ what: String) {
        breaks("P4: \(name(number)) \(what)")
    }
}
