/// What stalled readers and fast senders came to.
struct StalledReport: LoadReport {
    /// What senders that do not wait came to.
    struct Flood: Encodable {
        var senders: Int
        var seconds: Double
        var accepted: Int
        var rejected: Int
        var lost: Int
        /// Share of the time in which their sockets took nothing.
        var unwritable: Double
        var before: ProcessFigures
        /// RSS after the first half, and at the end.
        var halfway: ProcessFigures
        var end: ProcessFigures
    }

    let scenario = "stalled"
    var setup: StalledSetup
    var fillSeconds: Double
    var before: ProcessFigures
    var with: ProcessFigures
    var after: ProcessFigures
    /// What the kernel holds for all sockets of the machine, without them and with them.
    var socketBytes: [Int64]
    /// From send to receipt of the healthy pairs.
    var alone: Latencies.Summary
    var whileTheyCome: Latencies.Summary
    var whileTheyStall: Latencies.Summary
    var lost: Int
    var flood: Flood

    var bytesPerReader: Int64 { (with.residentBytes - before.residentBytes) / Int64(max(setup.readers, 1)) }

    var rows: [(String, String)] {
        [
            (
                "stalled readers",
                "\(setup.readers), each with \(setup.backlog) messages of \(setup.payload) bytes (filled in \(fillSeconds.short) s)"
            ),
            ("RSS before, with, after", [before, with, after].map(\.residentBytes.mebibytes).joined(separator: ", ")),
            ("RSS a reader", "\((Double(bytesPerReader) / 1024).short) KiB"),
            ("kernel's sockets before, with", socketBytes.map(\.mebibytes).joined(separator: ", ")),
            ("\(setup.pairs) pairs alone", "\(alone)"),
            ("while the readers come", "\(whileTheyCome)"),
            ("while they stall", "\(whileTheyStall)"),
            ("connections lost", "\(lost)"),
            (
                "\(flood.senders) senders that do not wait",
                "\(Int(Double(flood.accepted) / flood.seconds)) accepted/s, \(flood.rejected) rejected; their sockets took nothing for"
                    + " \((flood.unwritable * 100).short) % of \(flood.seconds.short) s"
            ),
            (
                "RSS before, halfway, at the end",
                [flood.before, flood.halfway, flood.end].map(\.residentBytes.mebibytes).joined(separator: ", ")
            ),
        ]
    }

    func check() throws {
        guard lost + flood.lost == 0 else { throw BenchError("\(lost + flood.lost) connections were lost") }
        guard bytesPerReader <= Self.mostPerReader else {
            throw BenchError("a stalled reader costs \(bytesPerReader) bytes, where \(Self.mostPerReader) are allowed")
        }
        guard whileTheyStall.p99 <= max(alone.p99 * 5, Self.smallest) else {
            throw BenchError(
                "healthy clients wait \(whileTheyStall.p99) ms at p99 beside stalled readers, \(alone.p99) ms alone")
        }
        guard flood.unwritable > 0.05 else { throw BenchError("nothing slowed down senders that do not wait") }
        let grown = flood.end.residentBytes - flood.before.residentBytes
        guard grown <= Self.mostForFlood else {
            throw BenchError("memory grew by \(grown) bytes under senders that do not wait")
        }
    }

    /// Bytes.
    private static let mostPerReader: Int64 = 512 << 10
    /// The store's queue and SQLite's cache, which fills up once; bytes.
    private static let mostForFlood: Int64 = 400 << 20
    /// Milliseconds that say nothing on a machine that is shared.
    private static let smallest = 100.0
}
