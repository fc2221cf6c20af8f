/// What came of mail for recipients that are away.
struct MailReport: LoadReport {
    var scenario: String
    var surroundings: Surroundings
    var setup: MailSetup
    var registering: Effort?
    var enqueue: Effort?
    /// From send to `accepted`.
    var accepted: Latencies.Summary?
    /// Until everybody had been told that nothing waits any more, with every recipient's handshake.
    var drain: Effort?
    /// From then on, until no message was left in the file; it begins while there is still mail to drain.
    var sweep: Effort?
    /// Whole lives in a second: sent, delivered, acknowledged and swept.
    var livesPerSecond: Double?
    var ledger: MailLedger.Counts?

    var rows: [(String, String)] {
        var rows = surroundings.rows
        rows.append(
            (
                scenario,
                "\(setup.messages) messages of \(setup.payload) bytes from \(setup.senders) × \(setup.window) to "
                    + "\(setup.recipients) recipients that are away"
            ))
        if let registering { rows += registering.rows("registered", "recipients") }
        if let enqueue { rows += enqueue.rows("enqueued", "accepted") }
        if let accepted { rows.append(("  send → accepted", "\(accepted)")) }
        if let drain {
            rows += drain.rows("drained", "delivered")
            rows.append(
                ("  recipients", "\(Int(Double(setup.recipients) / drain.seconds))/s, \(setup.atOnce) at a time"))
        }
        if let sweep { rows += sweep.rows("swept after the drain", "swept") }
        if let livesPerSecond { rows.append(("whole life", "\(Int(livesPerSecond)) messages/s")) }
        if let ledger { rows.append(("accepted", "\(ledger)")) }
        return rows
    }

    /// What must hold on any machine.
    func check() throws {
        try ledger?.check(sent: setup.messages, delivered: drain != nil)
    }
}
