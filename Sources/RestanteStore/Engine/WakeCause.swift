import RestanteCore

/// What is known of the mail that a device is to be woken for.
struct WakeCause: Equatable {
    /// Whose mail: a group's, say, whose members are woken in one job.
    var log: LogKey
    var urgency: Urgency
    /// What the sender's client wants to be shown; nil: nothing, or several want different things.
    var label: String?

    /// What is known when there is more mail.
    func joined(with other: WakeCause) -> WakeCause {
        let isMoreUrgent = urgency == .normal && other.urgency == .urgent
        return WakeCause(
            log: isMoreUrgent ? other.log : log, urgency: isMoreUrgent ? .urgent : urgency,
            label: label == other.label ? label : nil)
    }
}
