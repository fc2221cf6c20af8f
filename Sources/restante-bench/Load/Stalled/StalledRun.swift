import Foundation
import NIOCore

/// One run of ``StalledBench``.
struct StalledRun {
    private static let readerUsers = LoadUsers(prefix: "reader")

    private let generator: LoadGenerator
    private let setup: StalledSetup
    private var server: LoadedServer { generator.server }

    init(_ generator: LoadGenerator, _ setup: StalledSetup) {
        (self.generator, self.setup) = (generator, setup)
    }

    func measure() async throws -> StalledReport {
        let target = try server.target(connections: setup.readers)
        let tokens = try generator.tokens(Self.readerUsers, setup.readers)
        try await register(tokens, target)
        let filling = ContinuousClock.now
        try await generator.fillGroups(
            of: Self.readerUsers, setup.readers, messages: setup.backlog, payloadBytes: setup.payload, target)
        let fillSeconds = (ContinuousClock.now - filling) / .seconds(1)
        LoadProgress.say("\(setup.backlog) messages wait for each of \(setup.readers)")

        let pairs = try await generator.pairs(setup.pairs, target)
        let before = try await server.steady()
        let sockets = ProcessFigures.socketBytes
        let alone = try await measure(pairs)
        let readers = try await crowd(tokens, .stalled, target)
        try await generator.untilDone { readers.value.connect(done: $0) }
        LoadProgress.say("the readers stall")
        let with = try await server.steady()
        let whileTheyCome = try await generator.onLoop { pairs.value.take().receipts }
        let whileTheyStall = try await measure(pairs)
        let socketsWith = ProcessFigures.socketBytes
        let lost = try await generator.onLoop { readers.value.lost + pairs.value.lost }
        try await generator.untilDone { readers.value.cut(done: $0) }
        let after = try await server.steady()
        let flood = try await FloodRun(generator, target, payload: setup.payload).measure(seconds: setup.seconds)
        return StalledReport(
            setup: setup, fillSeconds: fillSeconds, before: before, with: with, after: after,
            socketBytes: [sockets, socketsWith], alone: alone, whileTheyCome: whileTheyCome,
            whileTheyStall: whileTheyStall, lost: lost, flood: flood)
    }

    /// So that there is a device to hold mail for.
    private func register(_ tokens: [String], _ target: LoadTarget) async throws {
        let crowd = try await crowd(tokens, .drained, target)
        try await generator.untilDone { crowd.value.connect(done: $0) }
        try await generator.untilDone { crowd.value.cut(done: $0) }
    }

    private func crowd(_ tokens: [String], _ up: Crowd.Up, _ target: LoadTarget) async throws -> NIOLoopBound<Crowd> {
        let receiveBytes = up == .stalled ? setup.receiveBytes : nil
        return try await generator.onLoop { [loop = generator.loop] in
            let crowd = Crowd(tokens, up: up, receiveBytes: receiveBytes, LoadConnector(target, on: loop))
            return NIOLoopBound(crowd, eventLoop: loop)
        }
    }

    private func measure(_ pairs: NIOLoopBound<Pairs>) async throws -> Latencies.Summary {
        _ = try await generator.onLoop { pairs.value.take() }
        try await Task.sleep(for: .seconds(setup.seconds))
        return try await generator.onLoop { pairs.value.take().receipts }
    }
}
