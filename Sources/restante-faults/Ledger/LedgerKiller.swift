import FaultKit
import Glibc

/// Kills the server again and again, and starts it again.
struct LedgerKiller {
    let settings: LedgerSettings
    let server: LedgerServer
    let world: LedgerWorld

    func run(_ generator: SeededNumbers) async throws {
        var generator = generator
        let began = ContinuousClock.now
        var kills = 0
        while kills < settings.kills {
            let wait = Double.random(in: 0.05...settings.secondsBetweenKills, using: &generator)
            try await Task.sleep(for: .seconds(wait))
            if generator.once(in: 8) {
                try await stop(SIGTERM, expecting: 0)
            } else {
                kills += 1
                try await stop(SIGKILL, expecting: -SIGKILL)
            }
            if generator.once(in: 5), kills < settings.kills {
                kills += 1
                try await killWhileItStarts(after: Int.random(in: 0...150, using: &generator))
            }
            guard try await server.start() else {
                throw LedgerRun.Failed(description: "the server did not start again: see \(server.log)")
            }
            report(kills, since: began)
        }
    }

    private func killWhileItStarts(after milliseconds: Int) async throws {
        try server.startHastily()
        try await Task.sleep(for: .milliseconds(milliseconds))
        try await stop(SIGKILL, expecting: -SIGKILL)
    }

    private func stop(_ signal: Int32, expecting expected: Int32) async throws {
        let status = await server.stop(signal)
        guard status == expected else {
            throw LedgerRun.Failed(description: "the server had ended by itself with \(status ?? 0): see \(server.log)")
        }
    }

    private func report(_ kills: Int, since began: ContinuousClock.Instant) {
        guard kills % 10 == 0 || kills == settings.kills else { return }
        let (counts, broken) = world.book.with { ($0.counts, $0.broken.count) }
        print(
            "\(kills)/\(settings.kills) kills, \(counts.accepted) accepted, \(counts.delivered) delivered,"
                + " \(broken) broken, \((ContinuousClock.now - began).components.seconds) s")
        fflush(nil)
    }
}
