import RestanteCore
import Testing

@testable import RestanteStore

/// What the store says of its own work is so.
@Suite(.timeLimit(.minutes(5))) struct MeasureTests {
    private let machine = SteppedClock()

    /// Taken right after these commands, before anything is tidied up.
    private func sample(_ box: Postbox, after commands: [StoreCommand] = []) async throws -> StoreSample {
        try await box.store.ask { engine in
            _ = try engine.run(commands)
            return engine.sample()
        }
    }

    /// All that was counted, added up.
    private func counts(_ box: Postbox) -> StoreCounts {
        var all = StoreCounts()
        for case .counts(let counts) in box.measures {
            all.accepted += counts.accepted
            all.duplicates += counts.duplicates
            all.relayed += counts.relayed
            all.rejected += counts.rejected
            all.acknowledged += counts.acknowledged
            all.receipts += counts.receipts
            all.expired += counts.expired
            for (reason, count) in zip(LossReason.allCases, counts.lost) { all.lose(Int64(count), because: reason) }
        }
        return all
    }

    @Test func theOldestIsTheOldestThatWaits() async throws {
        let box = try Postbox(clock: machine.clock)
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        try await box.drain(alice)
        try await box.send([1], to: .user(user("bob")), from: alice)
        machine.advance(milliseconds: 60_000)
        try await box.send([2], to: .user(user("bob")), from: alice)
        #expect(try await sample(box).oldestMilliseconds == 60_000)
        machine.advance(milliseconds: 1000)
        let bob = try await box.claim(["bob/phone"])[0]
        let events = try await box.perform([.read(bob)])
        guard case .page(_, let page, _)? = events.first(where: { $0.isPage(of: bob) }), let last = page.last else {
            Issue.record("bob reads nothing")
            return
        }
        #expect(try await sample(box, after: [.acknowledge(bob, through: last.tag)]).sweepLogs > 0)
        try await box.store.forgetAcknowledged()
        #expect(try await sample(box).oldestMilliseconds == 0)
        #expect(try await sample(box).sweepLogs == 0)
        await box.shutdown()
    }

    /// Hundreds that were withdrawn stand before it, more than one look takes: until the search is past them it says that what waits is
    /// no older than they are.
    @Test func whatIsWithdrawnDoesNotCount() async throws {
        let box = try Postbox(clock: machine.clock)
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        try await box.drain(alice)
        try await box.store.forgetAcknowledged()
        var ids: [MessageID] = []
        for number in UInt64(0)..<600 {
            ids.append(MessageID(high: UInt64(machine.now) << 16 | 0x7000, low: 1 << 63 | number))
        }
        try await box.perform(
            ids.map { id in
                .send(Submission(id: id, to: .user(user("bob")), content: .payload([1])), from: .session(alice))
            })
        machine.advance(milliseconds: 60_000)
        try await box.send([2], to: .user(user("bob")), from: alice)
        machine.advance(milliseconds: 5000)
        try await box.perform(ids.map { .request(.cancel($0), id: 1, from: .session(alice)) })
        var seen: [Int64] = []
        for _ in 0..<4 { seen.append(try await sample(box).oldestMilliseconds) }
        // The store takes samples of its own, which may have gone some of the way.
        #expect(
            seen.last == 5000 && seen.allSatisfy { [65_000, 5000].contains($0) } && seen == seen.sorted(by: >),
            "\(seen)")
        await box.shutdown()
    }

    @Test func whatHappensIsCounted() async throws {
        let box = try Postbox(clock: machine.clock)
        try await box.register(["bob/phone", "bob/tablet"])
        let alice = try await box.claim(["alice/laptop"])[0]
        try await box.drain(alice)
        let before = counts(box)
        let id = MessageID(at: machine.now)
        let send = Submission(
            id: id, to: .user(user("bob")), content: .payload([1]), timeToLive: 3600, receipt: true)
        try await box.perform([.send(send, from: .session(alice)), .send(send, from: .session(alice))])
        await #expect(throws: Refusal.self) { try await box.send([1], to: .user(user("nobody")), from: alice) }
        let phone = try await box.claim(["bob/phone"])[0]
        let read = try await box.drain(phone)
        #expect(read.contains { $0.id == id })
        machine.advance(milliseconds: 3_601_000)
        for _ in 1...50 where counts(box).expired == 0 { try await box.perform([]) }
        let tablet = try await box.claim(["bob/tablet"])[0]
        try await box.drain(tablet)
        try await box.perform([])
        let all = counts(box)
        #expect(all.accepted - before.accepted == 1 && all.duplicates == 1 && all.rejected == 1)
        #expect(all.receipts == 1 && all.expired == 1)
        #expect(all.acknowledged - before.acknowledged >= read.count)
        let expired = try #require(LossReason.allCases.firstIndex(of: .expired))
        #expect(all.lost[expired] == 1, "\(all)")
        await box.shutdown()
    }

    @Test func commitsAndSamplesAreTold() async throws {
        let box = try Postbox()
        let alice = try await box.claim(["alice/laptop"])[0]
        try await box.perform([.read(alice), .pause(alice)])
        // What is measured is told after the answers: that of one batch is there when the next is answered.
        try await box.perform([])
        let commits = box.measures.compactMap {
            if case .commit(let commands, let all, let sync) = $0 {
                (commands: commands, all: all, sync: sync)
            } else {
                nil
            }
        }
        #expect(commits.contains { $0.commands == 3 })
        #expect(commits.allSatisfy { $0.sync > 0 && $0.all >= $0.sync })
        while !box.measures.contains(where: { if case .sample = $0 { true } else { false } }) {
            try await box.perform([])
        }
        let sample = try await sample(box, after: [.release(alice)])
        #expect(sample.databaseBytes >= 8192 && sample.walBytes > 0 && sample.reserveMissing == 0)
        #expect(!sample.refusesForDisk && !sample.refusesForWAL && !sample.refusesForLimit && !sample.isClockHeld)
        #expect(box.store.backlog == StoreBacklog(commands: 0, bytes: 0))
        await box.shutdown()
    }
}
