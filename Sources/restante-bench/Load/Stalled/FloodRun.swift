import NIOCore

/// Senders that do not wait for answers, to recipients that are not there.
struct FloodRun {
    private static let senders = 8
    private static let recipients = 100

    private let generator: LoadGenerator
    private let target: LoadTarget
    private let payload: Int

    init(_ generator: LoadGenerator, _ target: LoadTarget, payload: Int) {
        (self.generator, self.target, self.payload) = (generator, target, payload)
    }

    func measure(seconds: Int) async throws -> StalledReport.Flood {
        let server = generator.server
        try await register()
        let tokens = try generator.tokens(FloodSender.users, Self.senders)
        let before = try await server.steady()
        let began = ContinuousClock.now
        let senders = try await generator.onLoop { [loop = generator.loop, target, payload] in
            let connector = LoadConnector(target, on: loop)
            let senders = tokens.enumerated().map {
                FloodSender($0, token: $1, payloadBytes: payload, recipients: Self.recipients, connector)
            }
            for sender in senders { sender.connect() }
            return NIOLoopBound(senders, eventLoop: loop)
        }
        try await Task.sleep(for: .milliseconds(seconds * 500))
        let halfway = server.figures
        try await Task.sleep(for: .milliseconds(seconds * 500))
        let end = server.figures
        let time = (ContinuousClock.now - began) / .seconds(1)
        return try await generator.onLoop {
            let unwritable = senders.value.reduce(0.0) { $0 + Double($1.unwritableTime.nanoseconds) / 1e9 }
            for sender in senders.value { sender.stop() }
            return StalledReport.Flood(
                senders: senders.value.count, seconds: time,
                accepted: senders.value.reduce(0) { $0 + $1.acceptedCount },
                rejected: senders.value.reduce(0) { $0 + $1.rejectedCount },
                lost: senders.value.count(where: \.isLost),
                unwritable: unwritable / time / Double(senders.value.count), before: before, halfway: halfway, end: end)
        }
    }

    private func register() async throws {
        let tokens = try generator.tokens(FloodSender.recipientUsers, Self.recipients)
        let crowd = try await generator.onLoop { [loop = generator.loop, target] in
            NIOLoopBound(Crowd(tokens, up: .drained, LoadConnector(target, on: loop)), eventLoop: loop)
        }
        try await generator.untilDone { crowd.value.connect(done: $0) }
        try await generator.untilDone { crowd.value.cut(done: $0) }
    }
}
