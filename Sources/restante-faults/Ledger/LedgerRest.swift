import FaultKit
import Glibc
import RestanteClient
import RestanteCore

/// Brings everything to rest: every device drains.
struct LedgerRest {
    let world: LedgerWorld
    let server: LedgerServer
    /// Everyone must have come to rest by then: what waits for guests grows with the length of the run.
    let seconds: Int

    init(world: LedgerWorld, server: LedgerServer, kills: Int) {
        self.world = world
        self.server = server
        seconds = 60 + 3 * kills
    }

    /// Every device that is linked connects, acknowledges everything, and goes.
    func drainAll() async throws {
        let alarm = alarm()
        defer { alarm.cancel() }
        try await withThrowingDiscardingTaskGroup { tasks in
            for (number, address) in world.book.with({ $0.linked }) {
                tasks.addTask { try await drain(number, address) }
            }
        }
    }

    private func drain(_ number: Int, _ address: DeviceAddress) async throws {
        let device = try LedgerDevice(world, number, address)
        await withDiscardingTaskGroup { tasks in
            tasks.addTask { await device.run() }
            await device.read(.atOnce, SeededNumbers(seed: 0)) {
                $0.sessions[device.session].map { $0.isDrained && $0.open.isEmpty } ?? true
            }
        }
    }

    /// Goes off, and ends the program, unless it is cancelled in time: what hangs is broken, too.
    func alarm() -> Task<Void, any Error> {
        Task {
            try await Task.sleep(for: .seconds(seconds))
            for line in world.book.with({ $0.unsettled }) { print("BROKEN \(line)") }
            print("BROKEN not everything has come to rest after \(seconds) seconds")
            _ = await server.stop(SIGKILL)
            exit(1)
        }
    }
}

extension LedgerState {
    /// Every device that is not known to be unlinked.
    fileprivate var linked: [(Int, DeviceAddress)] {
        readers.enumerated().filter { !$0.element.isUnlinked }.map { ($0.offset, $0.element.address) }
    }

    /// What keeps everything from coming to rest.
    fileprivate var unsettled: [String] {
        broken
            + sessions.values.map { session in
                "\(readers[session.reader].address) is not at rest: over \(session.isOver), welcomed \(session.isWelcomed),"
                    + " drained \(session.isDrained), \(session.open.count) open,"
                    + " \(readers[session.reader].unanswered.count) unanswered"
            }
    }
}
