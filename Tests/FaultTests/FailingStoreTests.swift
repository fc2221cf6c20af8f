import CFaultVFS
import FaultKit
import RestanteCore
import RestanteStore
import Synchronization
import Testing

/// The store with its thread, on a disk whose syncs fail in turn: it says so once, answers nobody, and leaves nobody waiting.
@Suite(.timeLimit(.minutes(5))) struct FailingStoreTests {
    private static let alice = address("alice"), bob = address("bob")

    @Test func aFailedSyncIsTheLastThingThatIsTold() async throws {
        let letters = (1...5).map { number in
            Submission(
                id: MessageID(at: StoreClock.wall.now()), to: .user(Self.bob.user), content: .payload([UInt8(number)]))
        }
        var failures = 0
        for k in 1...1000 {
            let disk = try FaultDisk(seed: UInt64(k))
            disk.fail(FAULT_SYNC, FAULT_EIO, at: k)
            let told = try await tell(letters, disk)
            guard disk.hasFailed else { break }
            if told != nil { failures += 1 }
            disk.failNothing()
            try expectOneCopyEach(letters, disk, accepted: told?.accepted ?? [])
        }
        #expect(failures >= 5, "too few commits failed to say anything")
    }

    /// Hands everything over and waits for the end; nil: it did not even open.
    private func tell(_ letters: [Submission], _ disk: FaultDisk) async throws -> Told? {
        try disk.showPresence()
        let store: SQLiteStore
        do {
            store = try SQLiteStore.open(path: disk.database, options: disk.options())
        } catch {
            #expect(disk.hasFailed, "\(error)")
            return nil
        }
        let told = Told()
        store.start(reportingTo: told)
        store.enqueue([claim(Self.bob, 1), claim(Self.alice, 2)])
        for letter in letters {
            store.enqueue([.send(letter, from: .session(SessionID(2)))])
            // Whoever asks is answered or told that the store has ended: this would hang otherwise.
            _ = try? await store.sessions(of: Self.bob.user)
        }
        await store.shutdown()
        #expect(told.failures == (disk.hasFailed ? 1 : 0))
        #expect(!told.heardAfterFailure)
        return told
    }

    private func expectOneCopyEach(_ letters: [Submission], _ disk: FaultDisk, accepted: Set<MessageID>) throws {
        try disk.showPresence()
        let store = try SteppedStore(path: disk.database, options: disk.options())
        defer { store.close() }
        #expect(try store.problems() == [])
        _ = try store.run([claim(Self.bob, 1), claim(Self.alice, 2)])
        for letter in letters {
            let events = try store.run([.send(letter, from: .session(SessionID(2)))])
            for case .sent(letter.id, .accepted(_, let isDuplicate), _) in events where accepted.contains(letter.id) {
                #expect(isDuplicate, "accepted, and gone")
            }
        }
        var got: [MessageID] = []
        for case .page(_, let page, _) in try store.run([.read(SessionID(1))]) {
            for case .message(let message) in page.map(\.owed) where message.kind == .message { got.append(message.id) }
        }
        #expect(got.sorted() == letters.map(\.id).sorted())
    }

    private func claim(_ address: DeviceAddress, _ session: UInt64) -> StoreCommand {
        .claim(Claim(session: SessionID(session), address: address, tokenIssuedAt: .max / 2000))
    }

    private static func address(_ user: String) -> DeviceAddress {
        DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: "phone"))
    }
}

/// What a store has told.
private final class Told: StoreSink {
    private struct State {
        var accepted: Set<MessageID> = []
        var failures = 0
        var heardAfterFailure = false
    }

    private let state = Mutex(State())
    var accepted: Set<MessageID> { state.withLock { $0.accepted } }
    var failures: Int { state.withLock { $0.failures } }
    var heardAfterFailure: Bool { state.withLock { $0.heardAfterFailure } }

    func store(committed events: [StoreEvent]) {
        state.withLock { state in
            if state.failures > 0 { state.heardAfterFailure = true }
            for case .sent(let id, .accepted, _) in events { state.accepted.insert(id) }
        }
    }

    func storeHasRoom() {}
    func store(failed error: any Error) { state.withLock { $0.failures += 1 } }
}
