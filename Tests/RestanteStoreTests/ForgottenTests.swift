import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// P7: however a message ends, its bytes are out of the database and its WAL.
@Suite(.timeLimit(.minutes(5))) struct ForgottenTests {
    private static let secret = Payload("the bytes that nobody may find".utf8)

    /// How a message to bob, who has one device, comes to its end.
    enum Ending: CaseIterable {
        case acknowledged, expired, withdrawn, quota, unlinked, deleted, idle
    }

    @Test(arguments: Ending.allCases)
    func theBytesAreGone(_ ending: Ending) async throws {
        let clock = SteppedClock()
        var limits = Limits()
        limits.mailboxMessages = 20
        let box = try Postbox(limits: limits, clock: clock.clock)
        try await box.register(["bob/phone", "bob/tablet"])
        let (alice, tablet) = (try await box.claim(["alice/laptop"])[0], try await box.claim(["bob/tablet"])[0])
        let recipient = ending == .quota ? Recipient.user(user("bob")) : .device(address("bob/phone"))
        let id = try await box.send(Self.secret, to: recipient, from: alice)
        try await end(ending, id, box, clock, alice: alice, tablet: tablet)
        for _ in 1...20 { try await box.perform([]) }
        await box.shutdown()
        for (name, bytes) in try box.folder.bytes() {
            #expect(bytes.range(of: Data(Self.secret)) == nil, "in \(name)")
        }
    }

    private func end(
        _ ending: Ending, _ id: MessageID, _ box: Postbox, _ clock: SteppedClock, alice: SessionID, tablet: SessionID
    ) async throws {
        switch ending {
        case .acknowledged: try await box.drain(box.claim(["bob/phone"])[0])
        case .expired: clock.advance(milliseconds: 31 * 24 * 3600 * 1000)
        case .withdrawn: try await box.ask(.cancel(id), from: alice)
        case .unlinked: try await box.ask(.unlink(address("bob/phone")), from: tablet)
        case .deleted: try await box.perform([.request(.deleteUser(user("bob")), id: 9, from: .operators(CallID(9)))])
        case .idle: clock.advance(milliseconds: 46 * 24 * 3600 * 1000)
        case .quota:
            for number in 1...30 {
                try await box.send([UInt8(number)], to: .user(user("bob")), from: alice)
                try await box.drain(tablet)
            }
        }
    }
}
