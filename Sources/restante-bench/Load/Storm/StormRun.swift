import Foundation
import NIOCore

/// One run of ``StormBench``.
struct StormRun {
    private static let senders = 20
    /// Seconds of load before the server is ended.
    private static let loadSeconds = 2

    private let generator: LoadGenerator
    private let setup: StormSetup
    private var server: LoadedServer { generator.server }

    init(_ generator: LoadGenerator, _ setup: StormSetup) {
        (self.generator, self.setup) = (generator, setup)
    }

    func measure() async throws -> StormReport {
        let world = try await world()
        let probe = try await Probe(server)
        try await generator.untilDone { world.value.connect(done: $0) }
        LoadProgress.say("\(setup.clients) clients are up")
        try await generator.untilDone { [setup] in world.value.fill(setup.waiting, done: $0) }
        LoadProgress.say("\(setup.waiting) messages wait for each")
        let before = server.figures
        try await generator.onLoop { [setup] in world.value.beginLoad(rate: setup.rate) }
        try await Task.sleep(for: .seconds(Self.loadSeconds))
        try await generator.onLoop { world.value.fall() }
        let ended = try await server.end(setup.graceful ? SIGTERM : SIGKILL)
        try await generator.onLoop { world.value.endLoad() }
        let starting = ContinuousClock.now
        try await server.startAgain()
        let startSeconds = (ContinuousClock.now - starting) / .seconds(1)
        LoadProgress.say("the server listens again")
        try await probe.begin()
        try await generator.onLoop { world.value.comeBack() }
        let (seconds, residentBytes) = try await untilOver(world)
        let times = try await probe.end()
        try await probe.shutdown()
        return try await generator.onLoop { [setup] in
            let (world, ledger) = (world.value, world.value.ledger)
            return StormReport(
                setup: setup, before: before, residentBytes: residentBytes, exitStatus: ended.status,
                endSeconds: ended.seconds, startSeconds: startSeconds, back: world.back, drained: world.drainedCount,
                backAfter: world.backAfter.summary, drainedAfter: world.drainedAfter.summary, seconds: seconds,
                isOver: world.isOver, pingRoundTrips: times.roundTrips, probeLag: times.ownLag,
                refusals: world.refusals, rejected: world.rejected, accepted: ledger.accepted, lost: ledger.lost,
                owed: ledger.owed, settled: ledger.settled, cameBack: ledger.cameBack, twice: ledger.twice,
                astray: ledger.astray)
        }
    }

    private func world() async throws -> NIOLoopBound<StormWorld> {
        let target = try server.target(connections: setup.clients)
        let clients = try generator.tokens(StormWorld.clientUsers, setup.clients)
        let senders = try generator.tokens(StormWorld.senderUsers, Self.senders)
        return try await generator.onLoop { [setup, loop = generator.loop] in
            let connector = LoadConnector(target, on: loop)
            let world = StormWorld(clients: clients, senders: senders, polite: setup.polite, connector)
            return NIOLoopBound(world, eventLoop: loop)
        }
    }

    /// The seconds that it took, or the limit; and the server's largest RSS meanwhile.
    private func untilOver(_ world: NIOLoopBound<StormWorld>) async throws -> (seconds: Double, residentBytes: Int64) {
        let began = ContinuousClock.now
        var most = server.figures.residentBytes
        while ContinuousClock.now - began < .seconds(setup.limit) {
            if try await generator.onLoop({ world.value.isOver }) { break }
            try await Task.sleep(for: .milliseconds(50))
            most = max(most, server.figures.residentBytes)
        }
        return ((ContinuousClock.now - began) / .seconds(1), most)
    }
}
