import FaultKit
import Foundation
import RestanteClient
import RestanteCore
import RestanteGateway

/// From the first start of the server to the comparison at the end.
struct LedgerRun {
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    let settings: LedgerSettings
    private let directory: String
    private let server: LedgerServer

    init(_ settings: LedgerSettings) throws {
        self.settings = settings
        directory = NSTemporaryDirectory() + "/restante-ledger-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        server = try LedgerServer(binary: settings.binary, directory: directory)
    }

    /// What was broken, in words; empty if nothing was.
    func run(keeping: Bool) async throws -> [String] {
        let began = ContinuousClock.now
        let world: LedgerWorld
        do {
            world = try await begin()
            try await play(in: world)
        } catch {
            _ = await server.stop(SIGKILL)
            print("ledger: the files are in \(directory)")
            throw error
        }
        if let status = await server.stop(SIGTERM), status != 0 {
            world.book.with { $0.breaks("the server ended with \(status) when it was told to stop") }
        }
        let audit = try LedgerAudit(world.book.with { $0 }, database: server.database)
        summarise(audit, (ContinuousClock.now - began).components.seconds)
        if audit.broken.isEmpty && !keeping {
            try FileManager.default.removeItem(atPath: directory)
        } else {
            print("ledger: the files are in \(directory)")
        }
        return audit.broken
    }

    private func begin() async throws -> LedgerWorld {
        guard try await server.start() else {
            throw Failed(description: "the server does not start: see \(server.log)")
        }
        let keys = try await KeyFile.open(at: server.database + ".key")
        return LedgerWorld(devices: settings.clients, url: server.url, mint: try TokenMint(keys: keys))
    }

    private func play(in world: LedgerWorld) async throws {
        var generator = SeededNumbers(seed: settings.seed)
        for address in world.permanent { _ = world.book.with { $0.adds(address, isPermanent: true) } }
        let rest = LedgerRest(world: world, server: server, kills: settings.kills)
        try await rest.drainAll()
        try await makeCore(in: world)
        let killer = LedgerKiller(settings: settings, server: server, world: world)
        let killing = generator.child()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for (number, address) in world.permanent.enumerated() {
                let own = generator.child()
                tasks.addTask { try await LedgerLife(world, number, address, own).live() }
            }
            try await killer.run(killing)
            world.end()
            let alarm = rest.alarm()
            defer { alarm.cancel() }
            try await tasks.waitForAll()
        }
        // What the first round acknowledges is told to senders as receipts in the second.
        for _ in 1...2 { try await rest.drainAll() }
    }

    private func makeCore(in world: LedgerWorld) async throws {
        let device = try LedgerDevice(world, 0, world.permanent[0])
        try await withThrowingDiscardingTaskGroup { tasks in
            tasks.addTask { await device.run() }
            tasks.addTask { await device.read(.atOnce, SeededNumbers(seed: 0)) }
            _ = try await device.client.request(.createGroup(LedgerWorld.core, members: world.users))
            device.client.stop()
        }
    }

    private func summarise(_ audit: LedgerAudit, _ seconds: Int64) {
        let counts = audit.state.counts
        print(
            """
            ledger: seed \(settings.seed): \(settings.kills) kills, \(counts.sends) sends, \(counts.accepted) accepted, \
            \(counts.duplicates) answered as duplicates, \(counts.rejected) rejected, \(counts.cancelled) cancelled, \
            \(counts.delivered) delivered, \(counts.again) of them recognised as duplicates, \(counts.gaps) gaps, \
            \(counts.receipts) receipts, \(counts.undelivered) undelivered, \(counts.displaced) displaced, \
            \(audit.owed) owed looked at, \(seconds) s
            """)
    }
}
