/// What messages to groups came to.
struct GroupsReport: LoadReport {
    let scenario = "groups"
    var surroundings: Surroundings
    var setup: GroupsSetup
    /// Sends while the members were away.
    var offline: Effort
    var offlineAccepted: Latencies.Summary
    /// Deliveries, until everybody had been told that nothing waits any more.
    var drain: Effort
    /// Until all messages of one sender's burst had been accepted, while the members were away.
    var bursts: Latencies.Summary
    /// From a send to its receipt at the last member.
    var lastReceipt: Latencies.Summary
    /// Deliveries while the members were there.
    var online: Effort
    var onlineAccepted: Latencies.Summary
    var ledger: MailLedger.Counts

    /// Deliveries that come to be owed in a second while the members are away.
    private var owedPerSecond: Int { Int(offline.messagesPerSecond * Double(setup.size)) }
    private var onlineSendsPerSecond: Int { Int(online.messagesPerSecond / Double(setup.size)) }

    var rows: [(String, String)] {
        surroundings.rows + [
            (
                scenario,
                "\(setup.groups) of \(setup.size) members and a sender, \(setup.messages) messages of \(setup.payload) bytes"
            )
        ] + offline.rows("members away", "accepted") + [
            ("  owed", "\(owedPerSecond)/s"),
            ("  send → accepted", "\(offlineAccepted)"),
            ("\(setup.burst) messages until accepted", "\(bursts)"),
        ] + drain.rows("drained", "delivered") + [("send → receipt at the last", "\(lastReceipt)")]
            + online.rows("members there", "delivered") + [
                ("  sends", "\(onlineSendsPerSecond)/s"),
                ("  send → accepted", "\(onlineAccepted)"),
                ("accepted", "\(ledger)"),
            ]
    }

    /// What must hold on any machine.
    func check() throws {
        let sent = 2 * setup.messages + setup.rounds * (setup.burst + 1)
        try ledger.check(sent: sent, delivered: true)
    }
}
