/// What pairs came to.
struct PairsReport: LoadReport {
    let scenario = "pairs"
    var surroundings: Surroundings
    var setup: PairsSetup
    var effort: Effort
    /// From send to receipt at the recipient.
    var received: Latencies.Summary
    /// From send to `accepted`.
    var accepted: Latencies.Summary
    var counts: Pairs.Counts

    var rows: [(String, String)] {
        surroundings.rows + [(scenario, "\(setup.pairs), one message of \(setup.payload) bytes at a time each")]
            + effort.rows("exchanged", "messages") + [
                ("  send → receipt", "\(received)"),
                ("  send → accepted", "\(accepted)"),
                (
                    "sent",
                    "\(counts.sent); accepted \(counts.accepted), received \(counts.received), "
                        + "twice or out of order \(counts.disordered), refused \(counts.rejected)"
                ),
            ]
    }

    /// What must hold on any machine.
    func check() throws {
        guard counts.lost == 0 else { throw BenchError("\(counts.lost) connections were lost") }
        guard counts.accepted == counts.sent, counts.received == counts.sent, counts.disordered == 0 else {
            throw BenchError(
                "of \(counts.sent) messages \(counts.accepted) were accepted and \(counts.received) came, "
                    + "\(counts.disordered) twice or out of order")
        }
    }
}
