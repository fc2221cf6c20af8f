import NIOCore
import RestanteGateway

/// One run of ``StrangersBench``.
struct StrangersRun {
    private let clients: LoadGenerator
    private let strangers: LoadGenerator
    private let setup: StrangersSetup
    private var server: LoadedServer { clients.server }

    /// - Parameters:
    ///   - clients: the generator of those that behave.
    ///   - strangers: the generator of those that do not.
    init(_ clients: LoadGenerator, _ strangers: LoadGenerator, _ setup: StrangersSetup) {
        (self.clients, self.strangers, self.setup) = (clients, strangers, setup)
    }

    func measure() async throws -> StrangersReport {
        let target = try server.target(connections: 1)
        let pairs = try await clients.pairs(setup.pairs, target)
        let newcomers = try await newcomers(target)
        let crowd = try await crowd(target)
        let probe = try await Probe(server)
        try await clients.onLoop { newcomers.value.begin() }
        try await Task.sleep(for: .seconds(setup.seconds))
        try await probe.begin()
        let before = server.figures
        let alone = try await take(pairs, newcomers)
        LoadProgress.say("\(setup.strangers) strangers come")
        try await strangers.onLoop { crowd.value.begin() }
        let (peak, residentBytes) = try await untilGone(crowd)
        let beside = try await take(pairs, newcomers)
        let pings = try await probe.end()
        let stillOut = try await untilAllAreIn(newcomers)
        try await probe.shutdown()
        let after = try await server.steady()
        let (lost, refusals) = try await clients.onLoop { (pairs.value.lost, newcomers.value.refusals) }
        return try await strangers.onLoop { [setup] in
            let crowd = crowd.value
            return StrangersReport(
                setup: setup, tls: target.tls != nil, before: before, peak: peak, residentBytes: residentBytes,
                after: after, gone: crowd.gone,
                late: crowd.late, goneAfter: crowd.goneAfter, lives: crowd.lives.summary, ends: crowd.ends,
                pairsAlone: alone.pairs, pairsBeside: beside.pairs, pings: pings.roundTrips, probeLag: pings.ownLag,
                newcomersAlone: alone.newcomers, newcomersBeside: beside.newcomers, newcomersRefused: refusals,
                newcomersOut: stillOut, pairsLost: lost)
        }
    }

    private func newcomers(_ target: LoadTarget) async throws -> NIOLoopBound<Newcomers> {
        let tokens = try clients.tokens(Newcomers.users, Newcomers.count)
        return try await clients.onLoop { [loop = clients.loop] in
            NIOLoopBound(Newcomers(tokens, LoadConnector(target, on: loop)), eventLoop: loop)
        }
    }

    private func crowd(_ target: LoadTarget) async throws -> NIOLoopBound<StrangerCrowd> {
        let target = try target.from(setup.sources, network: 2)
        return try await strangers.onLoop { [setup, loop = strangers.loop] in
            NIOLoopBound(StrangerCrowd(setup, LoadConnector(target, on: loop)), eventLoop: loop)
        }
    }

    private func take(
        _ pairs: NIOLoopBound<Pairs>, _ newcomers: NIOLoopBound<Newcomers>
    ) async throws -> (pairs: Latencies.Summary, newcomers: Latencies.Summary) {
        try await clients.onLoop { (pairs.value.take().receipts, newcomers.value.take()) }
    }

    /// Returns the server's figures when it had most connections, and its largest RSS.
    private func untilGone(
        _ crowd: NIOLoopBound<StrangerCrowd>
    ) async throws -> (peak: ProcessFigures, residentBytes: Int64) {
        let most = Duration.seconds(setup.strangers / PaceLimits().accepts.count + 30)
        let began = ContinuousClock.now
        var peak = server.figures
        var residentBytes = peak.residentBytes
        while ContinuousClock.now - began < most {
            if try await strangers.onLoop({ crowd.value.isGone }) { break }
            try await Task.sleep(for: .milliseconds(100))
            let now = server.figures
            if now.openFiles >= peak.openFiles { peak = now }
            residentBytes = max(residentBytes, now.residentBytes)
        }
        return (peak, residentBytes)
    }

    /// Returns how many are not in after the time of a handshake.
    private func untilAllAreIn(_ newcomers: NIOLoopBound<Newcomers>) async throws -> Int {
        try await clients.onLoop { newcomers.value.end() }
        for _ in 0..<100 {
            if try await clients.onLoop({ newcomers.value.waiting }) == 0 { return 0 }
            try await Task.sleep(for: .milliseconds(100))
        }
        return try await clients.onLoop { newcomers.value.waiting }
    }
}
