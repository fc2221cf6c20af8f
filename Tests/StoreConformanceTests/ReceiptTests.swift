import RestanteCore
import RestanteStore
import Testing

/// Receipts: each reader once, when its first device has it.
@Suite struct ReceiptTests {
    @Test(arguments: Backend.allCases)
    func aSealedSendHasOneReceiptAReader(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let phone = try await room.connect("bob/phone")
        let tablet = try await room.connect("bob/tablet")
        let alice = try await room.connect("alice/laptop")
        guard case .devices(let list) = try await alice.ask(.devices(of: UserName(unchecked: "bob"))) else {
            throw Unexpected()
        }
        let parts = list.devices.map { SealedPart(device: $0, payload: Array($0.rawValue.utf8)) }
        let id = MessageID(at: room.clock.now())
        _ = try await alice.send(
            Submission(
                id: id, to: .user("bob"), content: .sealed(parts, devicesVersion: list.version), receipt: true))
        try await phone.acknowledge()
        try await alice.acknowledge()
        try await tablet.acknowledge()
        #expect(receipts(alice) == [[id]])
        await room.shutdown()
    }

    /// The sending device never gets its own, so it is not the first that has it.
    @Test(arguments: Backend.allCases)
    func aMessageToOneselfHasAReceiptFromTheOtherDevice(_ backend: Backend) async throws {
        let room = try Mailroom(backend)
        let phone = try await room.connect("alice/phone")
        let laptop = try await room.connect("alice/laptop")
        let id = try await laptop.send("note", to: .user("alice"), receipt: true)
        try await phone.acknowledge()
        #expect(receipts(laptop) == [[id]])
        await room.shutdown()
    }

    /// More of them than a window holds: the session goes on when it has room, without anything new to wake it.
    @Test(arguments: Backend.allCases)
    func moreReceiptsThanAWindowAllCome(_ backend: Backend) async throws {
        var limits = Limits()
        limits.windowMessages = 4
        let room = try Mailroom(backend, limits: limits)
        var alice = try await room.connect("alice/laptop")
        for number in 1...10 { try await room.register("user\(number)/phone") }
        for number in 1...10 { try await alice.send("hi", to: .user("user\(number)"), receipt: true) }
        try await alice.leave()
        for number in 1...10 { try await room.connect("user\(number)/phone").drain() }
        alice = try await room.connect("alice/laptop")
        try await alice.drain()
        #expect(receipts(alice).count == 10 && alice.isDrained)
        await room.shutdown()
    }

    private func receipts(_ phone: Phone) -> [[MessageID]] {
        phone.inbox.compactMap { if case .receipt(_, _, let ids) = $0.owed { ids } else { nil } }
    }
}
