import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// What is written does not depend on how many will read it, and nothing is left of it when all have (P7).
@Suite struct RowCountTests {
    @Test func aMessageToAGroupOfAThousandIsOneRow() async throws {
        let box = try Postbox()
        let members = (1...1000).map { "member\($0)" }
        try await box.register(members.map { "\($0)/phone" })
        let alice = try await box.claim(["alice/laptop"])[0]
        try await box.ask(.createGroup(group("all"), members: members.map(user)), from: alice)
        try await box.drain(alice)
        let before = try box.rowCounts()
        try await box.send(Array("hello".utf8), to: .group(group("all")), from: alice)
        #expect(try rowsAdded(box, since: before) == ["messages": 1, "accepted": 1])
        #expect(try box.folder.texts("SELECT count(*) FROM waiting WHERE kind = 'message'") == ["1000"])
        await box.shutdown()
    }

    @Test func aMessageToAUserWithFourDevicesIsOneRow() async throws {
        let box = try Postbox()
        try await box.register(["bob/1", "bob/2", "bob/3", "bob/4"])
        let alice = try await box.claim(["alice/laptop"])[0]
        let before = try box.rowCounts()
        try await box.send(Array("hello".utf8), to: .user(user("bob")), from: alice)
        #expect(try rowsAdded(box, since: before) == ["messages": 1, "accepted": 1])
        await box.shutdown()
    }

    @Test func sendingAgainAddsNoRow() async throws {
        let box = try Postbox()
        try await box.register(["bob/phone"])
        let alice = try await box.claim(["alice/laptop"])[0]
        let submission = Submission(
            id: MessageID(at: StoreClock.wall.now()), to: .user(user("bob")), content: .payload([1]))
        try await box.perform([.send(submission, from: .session(alice))])
        let before = try box.rowCounts()
        try await box.perform([.send(submission, from: .session(alice)), .send(submission, from: .session(alice))])
        #expect(try rowsAdded(box, since: before) == [:])
        await box.shutdown()
    }

    /// The numbers of payload bytes: within a page, and over pages of their own.
    @Test(arguments: [100, 20_000])
    func nothingIsLeftWhenAllHaveAcknowledged(bytes: Int) async throws {
        let box = try Postbox()
        let readers = ["bob/1", "bob/2", "bob/3", "bob/4", "carol/phone"]
        try await box.register(readers)
        let alice = try await box.claim(["alice/laptop"])[0]
        try await box.ask(.createGroup(group("talk"), members: [user("bob"), user("carol")]), from: alice)
        try await box.drain(alice)
        let secret = Data("a sealed secret ".utf8) + Data((0..<bytes).map { UInt8(truncatingIfNeeded: $0 &* 97) })
        for recipient in [Recipient.user(user("bob")), .device(address("bob/2")), .group(group("talk"))] {
            for _ in 1...20 { try await box.send(Payload(secret), to: recipient, from: alice) }
        }
        await box.shutdown()
        // Held until then, so that the search below is known to find it.
        #expect(try box.folder.bytes()["test.db"]?.range(of: secret.prefix(64)) != nil)

        try box.open()
        for session in try await box.claim(readers) { try await box.drain(session) }
        await box.shutdown()
        let files = try box.folder.bytes()
        #expect(files["test.db-wal"] == nil)
        #expect(files["test.db"]?.range(of: Data("a sealed secret".utf8)) == nil)
        #expect(files["test.db"]?.range(of: secret.suffix(40)) == nil)
        #expect(try box.rowCounts()["messages"] == 0)
    }

    @Test func oneReaderThatHasNotAcknowledgedKeepsIt() async throws {
        let box = try Postbox()
        try await box.register(["bob/1", "bob/2"])
        let alice = try await box.claim(["alice/laptop"])[0]
        for _ in 1...3 { try await box.send([7], to: .user(user("bob")), from: alice) }
        try await box.drain(try await box.claim(["bob/1"])[0])
        await box.shutdown()
        #expect(try box.folder.texts("SELECT count(*) FROM messages WHERE kind = 0") == ["3"])
    }

    /// A plain rowid would begin at 1 again, below the cursors, and new mail would count as acknowledged (P3).
    @Test func positionsAreNotReusedWhenNothingIsLeft() async throws {
        let box = try Postbox()
        var highest = 0
        for round in 1...3 {
            let sessions = try await box.claim(["alice/laptop", "bob/phone"])
            for _ in 1...3 { try await box.send([UInt8(round)], to: .user(user("bob")), from: sessions[0]) }
            let positions = try box.folder.texts("SELECT seq FROM messages ORDER BY seq").compactMap { Int($0) }
            #expect(positions.count == 3)
            #expect(positions.first ?? 0 > highest)
            highest = positions.last ?? 0
            #expect(try await box.drain(sessions[1]).map(\.payload) == Array(repeating: [UInt8(round)], count: 3))
            await box.shutdown()
            #expect(try box.rowCounts()["messages"] == 0)
            try box.open()
        }
        await box.shutdown()
    }

    /// Which tables have grown by how much. `owed` trails the messages, by a minute at most.
    private func rowsAdded(_ box: Postbox, since before: [String: Int]) throws -> [String: Int] {
        try box.rowCounts().merging(before) { $0 - $1 }.filter { $0.value != 0 && $0.key != "owed" }
    }
}
