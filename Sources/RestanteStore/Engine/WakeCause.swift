import RestanteCore

/// What is known of the mail that a device is to be woken for.
struct WakeCause: Equatable {
    var urgency: Urgency
    /// What the sender's client wants to be shown; nil: nothing, or several want different things.
    var label: String?

    /// What is known when there is more mail.
    func joined(with other: WakeCause) -> WakeCause {
        WakeCause(urgency: urgency == .urgent ? .urgent : other.urgency, label: label == other.label ? label : nil)
    }
}
