/// What came of a storm.
struct StormReport: LoadReport {
    let scenario = "storm"
    var setup: StormSetup
    var before: ProcessFigures
    /// The most while they came back.
    var residentBytes: Int64
    var exitStatus: Int32
    var endSeconds: Double
    var startSeconds: Double
    var back: Int
    var drained: Int
    /// Milliseconds from when the server listened again.
    var backAfter: Latencies.Summary
    var drainedAfter: Latencies.Summary
    var seconds: Double
    var isOver: Bool
    var pingRoundTrips: Latencies.Summary
    var probeLag: Latencies.Summary
    var refusals: [String: Int]
    var rejected: Int
    var accepted: Int
    var lost: Int
    var owed: Int
    /// Acknowledged for good, with an `acked` that went with the server.
    var settled: Int
    var cameBack: Int
    var twice: Int
    var astray: Int

    var rows: [(String, String)] {
        [
            (
                "storm",
                "\(setup.clients) clients, \(setup.waiting) waiting each, \(setup.graceful ? "SIGTERM" : "SIGKILL"), "
                    + (setup.polite ? "back when they may" : "all back at the same moment")
            ),
            ("end, start", "\(endSeconds.short) s (status \(exitStatus)), \(startSeconds.short) s"),
            ("back", "\(back) of \(setup.clients): \(backAfter)"),
            ("drained", "\(drained) of \(setup.clients): \(drainedAfter)"),
            ("all over", "\(isOver ? "after" : "NOT after") \(seconds.short) s"),
            ("ping → pong meanwhile", "\(pingRoundTrips)"),
            ("the probe's own lag", "\(probeLag)"),
            ("attempts refused", refusals.counted),
            ("sends refused for now", "\(rejected)"),
            ("kept, its `acked` not told", "\(settled)"),
            ("RSS before, most after", "\(before.residentBytes.mebibytes), \(residentBytes.mebibytes)"),
            (
                "accepted",
                "\(accepted); lost \(lost), came back \(cameBack), twice on one connection \(twice), astray \(astray)"
            ),
        ]
    }

    func check() throws {
        guard lost == 0 else { throw BenchError("\(lost) messages were accepted and did not come") }
        guard cameBack + twice + astray == 0 else {
            throw BenchError("\(cameBack) messages came back, \(twice) came twice, \(astray) went astray")
        }
        guard isOver else {
            throw BenchError(
                "after \(setup.limit) s \(setup.clients - back) clients were not back, \(setup.clients - drained) not drained,"
                    + " and \(owed) messages were owed")
        }
        guard !setup.graceful || exitStatus == 0 else { throw BenchError("SIGTERM ended with \(exitStatus)") }
    }
}
