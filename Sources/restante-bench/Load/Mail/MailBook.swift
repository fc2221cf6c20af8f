import NIOCore
import RestanteCore

/// What all devices of a ``MailWorld`` write down. Bound to one event loop.
final class MailBook {
    static let senderUsers = LoadUsers(prefix: "s")
    static let recipientUsers = LoadUsers(prefix: "r")

    var ids = LoadIDs()
    private(set) var ledger: MailLedger
    /// From send to `accepted`.
    private var answers = Latencies()
    /// What is waited for.
    private var phase: LoadPhase?
    /// What went wrong while nothing was waited for.
    private var trouble: String?
    /// What must have been accepted and delivered for the phase to be over.
    private var goal = (accepted: 0, delivered: 0)
    /// Not nil while recipients come, or come and go.
    var visits: Ramp?
    var visited = 0
    /// Called with each delivery.
    var witness: (() -> Void)?

    init(_ ledger: MailLedger) {
        self.ledger = ledger
    }

    func begin(_ phase: LoadPhase) {
        self.phase = phase
        goal = (.max, .max)
        if let trouble { phase.fail(trouble) }
    }

    /// The phase is over when so many more messages have been accepted and, if recipients are there, delivered.
    func expect(_ messages: Int, delivered: Bool) {
        goal = (ledger.accepted + messages, 0)
        if delivered { goal.delivered = ledger.due + messages * (ledger.isShared ? ledger.recipients : 1) }
    }

    func accepted(sender: Int, number: Int, after time: TimeAmount) {
        ledger.accept(sender: sender, number: number)
        answers.add(time)
        endIfDone()
    }

    func delivered(_ id: MessageID, to mailbox: Int) {
        ledger.deliver(id, to: mailbox)
        witness?()
        endIfDone()
    }

    func fail(_ trouble: String) {
        self.trouble = self.trouble ?? trouble
        phase?.fail(trouble)
    }

    /// Times from send to `accepted` since the last call.
    func takeAnswers() -> Latencies.Summary {
        defer { answers = Latencies() }
        return answers.summary
    }

    private func endIfDone() {
        if ledger.accepted >= goal.accepted, ledger.delivered >= goal.delivered { phase?.succeed() }
    }
}
