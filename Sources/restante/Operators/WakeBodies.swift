import RestanteCore
import RestantePush

/// What a provider has answered to an operator.
struct WakeBody: Codable {
    var provider: String
    var taken: Bool
    var answer: String

    init(_ provider: PushProvider, _ answer: PushAnswer) {
        self.provider = provider.name
        taken = answer == .taken
        self.answer = answer.text
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
