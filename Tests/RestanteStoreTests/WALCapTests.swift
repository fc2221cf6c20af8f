import RestanteCore
import Testing

@testable import RestanteStore

/// A foreign reader that stalls: the WAL grows to its cap and no further, and all is well again when the reader ends.
@Suite(.timeLimit(.minutes(5))) struct WALCapTests {
    @Test func sendsAreRefusedAtTheCapUntilTheReaderEnds() async throws {
        var limits = Limits()
        limits.walBytes = 8 << 20
        let box = try Postbox(limits: limits)
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        let reader = try Connection(path: box.folder.database, mode: .readOnly)
        defer { reader.close() }
        try reader.execute("BEGIN")
        _ = try reader.first("SELECT count(*) FROM messages") { $0.int(0) }
        let sent = try await sendUntilRefused(box, alice)
        #expect(sent > 20 && sent < 200, "a cap of 8 MiB and messages of 100 kB")
        // Everything else goes on.
        let bob = try await box.claim(["bob/phone"])[0]
        #expect(try await box.drain(bob).count == sent)
        let overview = try await overview(box)
        #expect(overview.walBytes > limits.walBytes)
        try reader.execute("COMMIT")
        // It is tried once a second.
        var accepted = false
        while !accepted { accepted = (try? await box.send([1], to: .user(user("bob")), from: alice)) != nil }
        #expect(try await self.overview(box).walBytes < limits.walBytes)
        await box.shutdown()
        #expect(box.notices.map(\.level) == [.warning, .warning, .info])
    }

    private func sendUntilRefused(_ box: Postbox, _ alice: SessionID) async throws -> Int {
        for sent in 0..<1000 {
            do {
                try await box.send(Payload(repeating: 7, count: 100_000), to: .user(user("bob")), from: alice)
            } catch let refusal as Refusal {
                #expect(refusal.code == .storageFull && refusal.retryAfter != nil)
                return sent
            }
        }
        return 1000
    }

    private func overview(_ box: Postbox) async throws -> StoreOverview {
        let events = try await box.asking(.overview)
        for case .replied(.success(.overview(let overview)), _, _) in events { return overview }
        throw Refusal(.unavailable, "no answer")
    }
}
