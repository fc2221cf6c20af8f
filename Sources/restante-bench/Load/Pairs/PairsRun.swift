import NIOCore

/// One run of ``PairsBench``.
struct PairsRun {
    let generator: LoadGenerator
    let setup: PairsSetup

    func measure() async throws -> PairsReport {
        let target = try generator.server.target(connections: 2 * setup.pairs)
        let pairs = try await generator.pairs(setup.pairs, payloadBytes: setup.payload, target)
        LoadProgress.say("\(setup.pairs) pairs are up")
        try await Task.sleep(for: .seconds(1))
        let mark = try await generator.mark()
        _ = try await generator.onLoop { pairs.value.take() }
        try await Task.sleep(for: .seconds(setup.seconds))
        let times = try await generator.onLoop { pairs.value.take() }
        let effort = try await generator.effort(since: mark, messages: times.receipts.count)
        try await generator.phase("pairs that are done", of: setup.pairs) { phase in
            pairs.value.stop { phase.succeed() }
            return { pairs.value.counts.received }
        }
        try await generator.untilSwept()
        return PairsReport(
            surroundings: generator.server.surroundings, setup: setup, effort: effort, received: times.receipts,
            accepted: times.answers,
            counts: try await generator.onLoop { pairs.value.counts })
    }
}
