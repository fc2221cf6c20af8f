import Foundation
import NIOCore

/// One run of ``IdleBench``.
struct IdleRun {
    private let generator: LoadGenerator
    private let count: Int
    private let mail: Int
    private static let users = LoadUsers(prefix: "idle")

    init(_ generator: LoadGenerator, _ count: Int, mail: Int) {
        (self.generator, self.count, self.mail) = (generator, count, mail)
    }

    func measure(seconds: Int) async throws -> IdleReport {
        let server = generator.server
        let target = try server.target(connections: count)
        let tokens = try generator.tokens(Self.users, count)
        let crowd = try await generator.onLoop { [generator] in
            NIOLoopBound(
                Crowd(tokens, up: .drained, LoadConnector(target, on: generator.loop)), eventLoop: generator.loop)
        }
        if mail > 0 { try await sendMail(crowd, target) }
        // What the first connections make once is nothing that each costs.
        try await generator.untilDone { [count] in crowd.value.connect(min(16, count), done: $0) }
        try await generator.untilDone { crowd.value.cut(done: $0) }
        let before = try await server.steady()
        let began = ContinuousClock.now
        try await generator.untilDone { crowd.value.connect(tokens.count, done: $0) }
        let connectSeconds = (ContinuousClock.now - began) / .seconds(1)
        LoadProgress.say("\(count) sessions are up")
        let with = try await server.steady()
        let socketBytes = ProcessFigures.socketBytes
        let idle = try await idle(seconds)
        let lost = try await generator.onLoop { crowd.value.lost }
        try await generator.untilDone { crowd.value.cut(done: $0) }
        let after = try await server.steady()
        return IdleReport(
            connections: count, mail: mail, tls: target.tls != nil, before: before, with: with, after: after,
            socketBytes: socketBytes, connectSeconds: connectSeconds, idleSeconds: idle.seconds,
            idleCPUSeconds: idle.cpu, lost: lost)
    }

    /// Lets mail wait for each. The server starts afresh after it, for what that took is nothing of a session's.
    private func sendMail(_ crowd: NIOLoopBound<Crowd>, _ target: LoadTarget) async throws {
        try await generator.untilDone { crowd.value.connect(done: $0) }
        try await generator.untilDone { crowd.value.cut(done: $0) }
        try await generator.fillGroups(of: Self.users, count, messages: mail, payloadBytes: 256, target)
        _ = try await generator.server.end(SIGTERM)
        try await generator.server.startAgain()
    }

    private func idle(_ seconds: Int) async throws -> (seconds: Double, cpu: Double) {
        let (began, cpu) = (ContinuousClock.now, generator.server.figures.cpuSeconds)
        try await Task.sleep(for: .seconds(seconds))
        return ((ContinuousClock.now - began) / .seconds(1), generator.server.figures.cpuSeconds - cpu)
    }
}
