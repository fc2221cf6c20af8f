import FaultKit
import RestanteClient
import RestanteCore

/// The life of one device: it connects, does this and that at random, breaks off, and comes again. Belongs to one task.
final class LedgerLife {
    typealias Tasks = ThrowingDiscardingTaskGroup<any Error>

    let world: LedgerWorld
    let number: Int
    let address: DeviceAddress
    var generator: SeededNumbers
    /// Devices that this one has linked for its user and not unlinked.
    var guests: [DeviceAddress] = []
    var guestsMade = 0

    init(_ world: LedgerWorld, _ number: Int, _ address: DeviceAddress, _ generator: SeededNumbers) {
        (self.world, self.number, self.address, self.generator) = (world, number, address, generator)
    }

    private var isUnlinked: Bool { world.book.with { $0.readers[number].isUnlinked } }

    /// Lives until the end of the kills; then stays until every message has its answer.
    ///
    /// - Parameter clients: how often it connects; nil: as long as there are kills.
    func live(clients: Int? = nil) async throws {
        try await withThrowingDiscardingTaskGroup { guests in
            var count = 0
            while !world.isOver, !isUnlinked, count < clients ?? .max {
                count += 1
                try await oneClient(&guests)
                if generator.once(in: 3) { await pause(1500) }
            }
        }
        if !isUnlinked { try await settle() }
    }

    private func oneClient(_ guests: inout Tasks) async throws {
        let device = try LedgerDevice(world, number, address)
        try await withThrowingDiscardingTaskGroup { tasks in
            begin(device, in: &tasks)
            for _ in 0..<Int.random(in: 20...300, using: &generator) {
                guard !world.isOver, isAlive(device) else { break }
                await step(device, &tasks, &guests)
                await pause(60)
            }
            if !world.isOver, generator.once(in: 2) { try await displace(device) }
            device.client.stop()
        }
    }

    private func begin(_ device: LedgerDevice, in tasks: inout Tasks) {
        let manner = LedgerDevice.Manner.allCases.randomElement(using: &generator) ?? .atOnce
        let own = generator.child()
        tasks.addTask { await device.run() }
        tasks.addTask { await device.read(manner, own) }
        for message in world.book.with({ $0.readers[number].unanswered.sorted() }) {
            tasks.addTask { await device.send(message) }
        }
    }

    private func isAlive(_ device: LedgerDevice) -> Bool {
        world.book.with { $0.sessions[device.session]?.isOver == false }
    }

    /// Steps are apart from each other as those of people are; this is what bounds the load.
    private func pause(_ milliseconds: Int) async {
        try? await Task.sleep(for: .milliseconds(Int.random(in: 0...milliseconds, using: &generator)))
    }

    /// Everything that has no answer is sent until it has one.
    private func settle() async throws {
        let device = try LedgerDevice(world, number, address)
        let own = generator.child()
        let unanswered = world.book.with { $0.readers[number].unanswered.sorted() }
        await withDiscardingTaskGroup { tasks in
            tasks.addTask { await device.run() }
            tasks.addTask { await device.read(.soon, own) }
            await withDiscardingTaskGroup { sends in
                for message in unanswered { sends.addTask { await device.send(message) } }
            }
            device.client.stop()
        }
    }

    /// A newer client of the same device takes over (P8), reads what there is, and goes.
    private func displace(_ older: LedgerDevice) async throws {
        let connection = world.book.with { $0.sessions[older.session].map { $0.isWelcomed ? $0.connection : 0 } ?? 0 }
        guard connection > 0 else { return }
        let newer = try LedgerDevice(world, number, address)
        let own = generator.child()
        await withDiscardingTaskGroup { tasks in
            tasks.addTask { await newer.run() }
            await newer.read(.atOnce, own, displacing: (older, connection)) {
                $0.sessions[newer.session]?.isDrained == true
            }
        }
    }
}
