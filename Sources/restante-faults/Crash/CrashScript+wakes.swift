import RestanteCore
import RestanteStore

extension CrashScript {
    /// Whoever was woken may be woken again at once: each mail is a case of its own.
    static func wakingOptions(_ clock: FaultClock) -> StoreOptions {
        var options = StoreOptions(clock: clock.clock)
        options.wakes.providers = [.apns]
        options.wakes.interval = 0
        options.wakes.afterClose = 0
        return options
    }

    /// Mail for devices that are away, and what may come of waking them: taken, given up, no answer, and that one comes.
    func wake() async throws {
        try await connect()
        try await perform(
            Self.sessions.map { .request(.registerPush(Self.target, PushDisplay()), id: 1, from: .session($0)) })
        try await perform(Self.sessions.map { .release($0) })
        clock.advance(10)
        var sent = try await send(200)
        let first = try await caller.wakes(2)
        try await answer(first.filter { $0.device == Self.bobs[0] }, after: sent)
        sent = try await send(3000)
        try await answer(caller.wakes(1), after: sent)
        // No provider has taken it for the other one: what came meanwhile asks again.
        try await perform(first.filter { $0.device == Self.bobs[1] }.map { .woken($0, .expired) })
        try await answer(caller.wakes(1), after: sent)
        sent = try await send(100)
        try await answer(caller.wakes(2), after: sent)
        clock.advance(10)
        // Whoever comes and leaves something unread is told of it again.
        tell("comes")
        try await connect()
        tell("came")
        try await acknowledge(0)
        try await perform(Self.sessions.map { .release($0) })
        sent = try await send(400)
        _ = try await caller.wakes(1)
    }

    private static let target = PushTarget.apns(token: "0a", topic: "org.example", sandbox: false)

    /// - Returns: how many were sent until now.
    private func send(_ size: Int) async throws -> Int {
        try await send([size])
        return answers.count
    }

    /// The provider has taken them, for all mail until now.
    private func answer(_ wakes: [Wake], after sent: Int) async throws {
        for wake in wakes {
            tell("marks \(wake.device.device) \(sent)")
            try await perform([.woken(wake, .sent)])
            tell("marked \(wake.device.device) \(sent)")
        }
    }
}
