import RestanteCore
import RestantePush

/// What a provider has answered to an operator.
struct WakeBody: Codable {
    enum Outcome: String, Codable {
        case taken, unregistered, refused, retry
        /// It is the server's credentials that are refused.
        case credentials
    }

    var provider: String
    var outcome: Outcome
    var answer: String

    init(_ provider: PushProvider, _ answer: PushAnswer) {
        self.provider = provider.name
        outcome = Outcome(answer)
        self.answer = answer.text
    }

    /// Why `push test` does not end with 0; nil: it does.
    var failure: CommandFailure? {
        switch outcome {
        case .taken: nil
        case .retry: CommandFailure(.tryAgain, "the provider has not taken it now; it may later")
        case .unregistered: CommandFailure(.badData, "the provider does not know the device any more")
        case .refused: CommandFailure(.badData, "the provider refuses it: docs/PUSH.md says what to do")
        case .credentials:
            CommandFailure(
                .configuration, "the provider refuses the server's credentials: docs/PUSH.md says what to do")
        }
    }
}

extension WakeBody.Outcome {
    fileprivate init(_ answer: PushAnswer) {
        switch answer {
        case .taken: self = .taken
        case .unregistered: self = .unregistered
        case .retry: self = .retry
        case .refused(_, alarm: .credentials): self = .credentials
        case .refused: self = .refused
        }
    }
}

/// An event of a device's wake-ups: its name, and what belongs to it.
struct WakeEventBody: Codable {
    enum Event: String, Codable {
        case due, sent, answered, ended, cancelled, connected
    }

    var at: Int64
    var event: Event
    /// Of `due`.
    var urgent: Bool?
    /// Of `sent`.
    var provider: String?
    var attempt: Int?
    /// Of `answered`.
    var answer: String?
    /// How long `answered` took, or how long before `connected` the wake-up had been taken.
    var milliseconds: Int64?
    /// Of `ended`.
    var outcome: String?

    init(_ event: WakeEvent) {
        at = event.at
        switch event.kind {
        case .due(let urgency): (self.event, urgent) = (.due, urgency == .urgent)
        case .sent(let provider, let attempt):
            (self.event, self.provider, self.attempt) = (.sent, provider.name, attempt)
        case .answered(let answer, let took):
            (self.event, self.answer, milliseconds) = (.answered, answer.text, took.milliseconds)
        case .ended(let outcome): (self.event, self.outcome) = (.ended, outcome.name)
        case .cancelled: self.event = .cancelled
        case .connected(let after): (self.event, milliseconds) = (.connected, after.milliseconds)
        }
    }

    /// As people read it.
    var text: String {
        switch event {
        case .due: "due        \(urgent == true ? "urgent" : "normal")"
        case .sent: "sent       to \(provider ?? ""), attempt \(attempt ?? 0)"
        case .answered: "answered   \(answer ?? "") (after \(milliseconds ?? 0) ms)"
        case .ended: "ended      \(outcome ?? "")"
        case .cancelled: "cancelled  the device has connected"
        case .connected: "connected  \(milliseconds ?? 0) ms after the last that was taken"
        }
    }
}
