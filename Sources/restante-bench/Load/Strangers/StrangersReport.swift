import RestanteGateway

/// What strangers came to.
struct StrangersReport: LoadReport {
    let scenario = "strangers"
    var setup: StrangersSetup
    var tls: Bool
    var before: ProcessFigures
    /// When the server had most connections.
    var peak: ProcessFigures
    /// The most until all were gone.
    var residentBytes: Int64
    var after: ProcessFigures
    var gone: Int
    /// Gone after the time that a handshake has.
    var late: Int
    /// Seconds from the first to the end of the last.
    var goneAfter: Double
    /// From a stranger's first packet to its end.
    var lives: Latencies.Summary
    var ends: [String: Int]
    /// From send to receipt.
    var pairsAlone: Latencies.Summary
    var pairsBeside: Latencies.Summary
    var pings: Latencies.Summary
    var probeLag: Latencies.Summary
    /// From a new client's first attempt to its `welcome`.
    var newcomersAlone: Latencies.Summary
    var newcomersBeside: Latencies.Summary
    /// Their attempts that came to nothing.
    var newcomersRefused: [String: Int]
    /// Who did not get in.
    var newcomersOut: Int
    var pairsLost: Int

    /// Strangers that the server had at the same time.
    var atOnce: Int { peak.openFiles - before.openFiles }
    var bytesPerStranger: Int64 { (residentBytes - before.residentBytes) / Int64(max(atOnce, 1)) }

    var rows: [(String, String)] {
        let kinds = setup.kinds.map(\.rawValue).joined(separator: ", ")
        return [
            (
                "strangers",
                "\(setup.strangers) from \(setup.sources) addresses, \(setup.perSecond) a second (\(tls ? "TLS" : "plain"); \(kinds))"
            ),
            ("at the same time", "\(atOnce)"),
            ("gone", "\(gone), the last after \(goneAfter.short) s; \(late) late"),
            ("their ends", ends.counted),
            ("their time", "\(lives)"),
            (
                "RSS before, most, after",
                [before.residentBytes, residentBytes, after.residentBytes].map(\.mebibytes).joined(separator: ", ")
            ),
            ("RSS a stranger", "\((Double(bytesPerStranger) / 1024).short) KiB"),
            ("\(setup.pairs) pairs alone", "\(pairsAlone)"),
            ("beside strangers", "\(pairsBeside)"),
            ("ping → pong beside", "\(pings)"),
            ("the probe's own lag", "\(probeLag)"),
            ("new clients alone", "\(newcomersAlone)"),
            ("beside strangers", "\(newcomersBeside)"),
            ("their attempts refused", newcomersRefused.counted),
        ]
    }

    func check() throws {
        guard gone == setup.strangers else {
            throw BenchError("\(setup.strangers - gone) strangers are still there, \(goneAfter) s after the first")
        }
        guard late == 0 else { throw BenchError("\(late) strangers were there longer than a handshake may take") }
        guard atOnce <= mostAtOnce else {
            throw BenchError(
                "\(atOnce) strangers of \(setup.sources) addresses were there at once, where \(mostAtOnce) may be")
        }
        guard bytesPerStranger <= Self.mostPerStranger else {
            throw BenchError("a stranger costs \(bytesPerStranger) bytes, where \(Self.mostPerStranger) are allowed")
        }
        guard pairsLost == 0 else { throw BenchError("\(pairsLost) connections of pairs were lost") }
        guard newcomersOut == 0 else { throw BenchError("\(newcomersOut) new clients did not get in") }
        for (name, alone, beside) in [
            ("pairs wait", pairsAlone.p99, pairsBeside.p99), ("pings take", pairsAlone.p99, pings.p99),
        ] where beside > max(alone * 5, Self.smallest) {
            throw BenchError("\(name) \(beside) ms at p99 beside strangers, pairs alone \(alone) ms")
        }
    }

    /// As the limits have it: strangers, refused connections whose answer may be read yet (half of the spare files), those that were taken
    /// from the backlog in one go and are refused next, and new clients for as long as the slowest was on its way.
    private var mostAtOnce: Int {
        let limits = PaceLimits()
        return min(limits.strangers, (limits.address.strangers ?? .max) * setup.sources) + PaceLimits.spareFiles / 2
            + limits.accepts.burst + Newcomers.most(within: newcomersBeside.longest)
    }

    /// Bytes, also with TLS.
    private static let mostPerStranger: Int64 = 128 << 10
    /// Milliseconds that say nothing on a machine that is shared.
    private static let smallest = 250.0
}
