import RestanteCore

/// A wake that has not ended.
struct PendingWake {
    enum Place {
        /// In its lane's queue, under this ticket.
        case waiting(ticket: UInt64)
        case delayed(until: Duration)
        /// Under way as this attempt; `next` came meanwhile and is sent after it, since the answer may be older than
        /// its mail.
        case sending(attempt: UInt64, next: Wake?)
    }

    var wake: Wake
    let lane: LaneName
    let serial: UInt64
    /// The deadline, as uptime.
    var giveUpAt: Duration
    var failures = 0
    /// Whether something urgent ends its back-off: not if the provider wants this device left alone, or refuses us.
    var mayHurry = true
    var place: Place

    /// When it is to be looked at if nothing happens.
    var due: Due {
        let at: Duration = if case .delayed(let until) = place { min(until, giveUpAt) } else { giveUpAt }
        return Due(at: at, device: wake.device, serial: serial)
    }

    /// Takes a later wake for the same target into its place. What is urgent stays so: the mail that it was for still
    /// waits.
    mutating func replace(with later: Wake, giveUpAt: Duration) {
        let urgency = wake.urgency == .urgent ? .urgent : later.urgency
        wake = later
        wake.urgency = urgency
        self.giveUpAt = giveUpAt
    }
}
