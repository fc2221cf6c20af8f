import CFaultVFS
import FaultKit
import RestanteCore
import RestanteStore
import Testing

/// A checkpoint in two steps, with the sync between them.
@Suite(.timeLimit(.minutes(5))) final class CheckpointTests {
    private let disk: FaultDisk
    private let store: SteppedStore

    init() throws {
        disk = try FaultDisk(seed: 3)
        try disk.showPresence()
        store = try SteppedStore(path: disk.database, options: disk.options())
        _ = try store.run([Self.claim("bob", 1), Self.claim("alice", 2)])
        try send(200)
    }

    /// Before the disk goes.
    deinit { store.close() }

    @Test func theSecondStepWritesNothingAgain() throws {
        let first = try operations { try store.checkpoint() }
        let second = try operations { try store.checkpoint() }
        #expect(first > 10)
        // The WAL's sync, the file's, and its length, which stays.
        #expect(second <= 3, "\(second) operations after \(first)")
    }

    @Test func whatChangedMeanwhileIsWrittenByTheSecondStep() throws {
        try store.checkpoint()
        try send(100)
        #expect(try operations { try store.checkpoint() } > 3)
        // From here on the database alone has it: the next commit begins the WAL anew, and touches none of these pages.
        try store.truncateWAL()
        _ = try store.run([.release(SessionID(1))])
        try loseEverythingUnsynced()
        #expect(try waiting() == 300)
    }

    /// A sync that fails on the other thread is as final as any other, though the second step would sync again.
    @Test(arguments: [1, 2, 3, 4]) func aFailedSyncEndsTheStore(_ k: Int) throws {
        disk.fail(FAULT_SYNC, FAULT_EIO, at: k)
        #expect(throws: (any Error).self) {
            while !disk.hasFailed { try store.checkpoint() }
        }
        disk.failNothing()
        try loseEverythingUnsynced()
        #expect(try waiting() == 200)
    }

    /// What was brought in by the first step alone counts for nothing: the WAL is still needed, and still there.
    @Test func aPowerLossBetweenTheStepsLosesNothing() throws {
        try store.checkpoint()
        try loseEverythingUnsynced()
        #expect(try waiting() == 200)
    }

    // MARK: Parts

    private func send(_ count: Int) throws {
        for number in 0..<count {
            let letter = Submission(
                id: MessageID(at: StoreClock.wall.now()), to: .user(Self.user("bob")),
                content: .payload(Array(repeating: UInt8(truncatingIfNeeded: number), count: 300)))
            _ = try store.run([.send(letter, from: .session(SessionID(2)))])
        }
    }

    private func operations(_ body: () throws -> Void) rethrows -> UInt64 {
        let before = disk.operations
        try body()
        return disk.operations - before
    }

    private func loseEverythingUnsynced() throws {
        disk.losePower()
        store.close()
        disk.restorePower()
        try disk.showPresence()
    }

    /// How much waits for bob after a restart.
    private func waiting() throws -> Int {
        let store = try SteppedStore(path: disk.database, options: disk.options())
        defer { store.close() }
        #expect(try store.problems() == [])
        let events = try store.run([Self.claim("bob", 1)])
        for case .claimed(_, let welcome) in events { return Int(welcome.pending.messages) }
        return -1
    }

    private static func claim(_ user: String, _ session: UInt64) -> StoreCommand {
        let address = DeviceAddress(user: Self.user(user), device: DeviceName(unchecked: "phone"))
        return .claim(Claim(session: SessionID(session), address: address, tokenIssuedAt: .max / 2000))
    }

    private static func user(_ name: String) -> UserName { UserName(unchecked: name) }
}
