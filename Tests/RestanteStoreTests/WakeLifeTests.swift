import RestanteCore
import Testing

@testable import RestanteStore

/// A random life of a few devices and of whoever wakes them, with kills in between, held against what each has been told.
@Suite(.timeLimit(.minutes(5))) struct WakeLifeTests {
    @Test(arguments: 0..<30 as Range<UInt64>) func whoHasMailIsWokenAndNobodyElse(seed: UInt64) throws {
        let life = try WakeLife(seed)
        for _ in 1...250 { try life.step() }
        try life.settle()
    }
}

private final class WakeLife {
    /// What the test knows of a device. Messages are numbered in the order in which they were sent.
    private struct Device {
        var session: SessionID?
        var lastTag: UInt64 = 0
        var unread: [Int] = []
        /// Since it was last here: up to where a provider has woken it, and when; and up to where that was given up.
        var woken = 0
        var wokenAt: Int64?
        var givenUp = 0
    }

    private struct Asked {
        var wake: Wake
        var sent: Int
        /// Its device has not come since, and it was not replaced.
        var counts = true
    }

    private static let addresses = ["bob/phone", "bob/tablet", "carol/phone", "dave/phone"]
    private static let interval: Int64 = 20 * 60_000

    private let box: WakeBox
    private var random: SeededNumbers
    private var devices: [DeviceAddress: Device] = [:]
    private var asked: [Asked] = []
    private var sent = 0

    init(_ seed: UInt64) throws {
        box = try WakeBox()
        random = SeededNumbers(seed: seed)
        for name in Self.addresses {
            try box.away(name)
            devices[address(name)] = Device()
        }
        try box.ask(.createGroup(group("talk"), members: [user("bob"), user("carol")]))
        try hearWakes()
    }

    func step() throws {
        // No two things happen in one millisecond: of such a start could not tell which was first.
        box.clock.advance(milliseconds: 1)
        switch Int.random(in: 0..<100, using: &random) {
        case ..<35: try send()
        case ..<55: try come()
        case ..<65: try leave()
        case ..<85: try answer()
        case ..<97: box.clock.advance(milliseconds: .random(in: 0...Self.interval * 3 / 2, using: &random))
        default: try kill()
        }
        try hearWakes()
    }

    /// Time goes on until nobody is woken any more: then nobody is left who should have been.
    func settle() throws {
        repeat {
            while !asked.isEmpty { try answer(0, .sent) }
            box.clock.advance(milliseconds: Self.interval + 60_000)
            try hearWakes()
        } while !asked.isEmpty
        for (address, device) in devices where device.session == nil {
            let last = device.unread.last ?? 0
            #expect(last <= max(device.woken, device.givenUp), "\(address) sleeps while mail waits for it")
        }
    }

    // MARK: What happens

    private func send() throws {
        let urgency: Urgency = Int.random(in: 0..<5, using: &random) == 0 ? .urgent : .normal
        let name = ["bob", "carol", "dave", "talk"].randomElement(using: &random) ?? "bob"
        let recipient: Recipient = name == "talk" ? .group(group(name)) : .user(user(name))
        sent += 1
        hearTags(try box.post(to: recipient, urgency))
        for address in devices.keys where name == "talk" ? address.user != user("dave") : address.user == user(name) {
            devices[address]?.unread.append(sent)
        }
    }

    /// Comes if it is away, and acknowledges what there is, or does not.
    private func come() throws {
        let address = pick()
        if devices[address]?.session == nil {
            let (session, events) = try box.come("\(address)")
            devices[address] = Device(session: session, unread: devices[address]?.unread ?? [])
            for index in asked.indices where asked[index].wake.device == address { asked[index].counts = false }
            hearTags(events)
        }
        guard let device = devices[address], let session = device.session, Bool.random(using: &random) else { return }
        try box.run([.acknowledge(session, through: device.lastTag)])
        devices[address]?.unread = []
    }

    private func leave() throws {
        let address = pick()
        guard let session = devices[address]?.session else { return }
        try box.run([.release(session)])
        devices[address]?.session = nil
    }

    private func answer() throws {
        guard !asked.isEmpty else { return }
        let outcomes: [WakeOutcome] = [.sent, .sent, .sent, .sent, .expired, .refused(reason: "no")]
        try answer(.random(in: 0..<asked.count, using: &random), outcomes.randomElement(using: &random) ?? .sent)
    }

    private func answer(_ index: Int, _ outcome: WakeOutcome) throws {
        let one = asked.remove(at: index)
        try box.run([.woken(one.wake, outcome)])
        guard one.counts else { return }
        let address = one.wake.device
        if outcome == .sent {
            devices[address]?.woken = one.sent
            devices[address]?.wokenAt = box.clock.now
        } else {
            devices[address]?.givenUp = one.sent
            // A day later, in truth.
            if outcome == .expired { devices[address]?.wokenAt = nil }
        }
    }

    private func kill() throws {
        try box.restart()
        asked = []
        for address in devices.keys {
            // Whoever was connected has been here.
            if devices[address]?.session != nil { devices[address] = Device(unread: devices[address]?.unread ?? []) }
            devices[address]?.givenUp = 0
        }
    }

    // MARK: What is told

    private func hearTags(_ events: [StoreEvent]) {
        for event in events {
            switch event {
            case .page(let session, let page, _): if let last = page.last { tag(session, last.tag) }
            case .live(_, let readers): for reader in readers { tag(reader.session, reader.tag) }
            default: break
            }
        }
    }

    private func tag(_ session: SessionID, _ tag: UInt64) {
        for address in devices.keys where devices[address]?.session == session { devices[address]?.lastTag = tag }
    }

    private func hearWakes() throws {
        for wake in try box.store.wakes() {
            guard let device = devices[wake.device] else { continue }
            #expect(device.session == nil, "\(wake.device) is there")
            #expect((device.unread.last ?? 0) > device.woken, "nothing waits that \(wake.device) was not woken for")
            if wake.urgency == .normal, let wokenAt = device.wokenAt {
                #expect(box.clock.now - wokenAt >= Self.interval, "\(wake.device) was woken moments ago")
            }
            for index in asked.indices where asked[index].wake.device == wake.device {
                #expect(!asked[index].counts || wake.urgency == .urgent, "\(wake.device) is asked for already")
                asked[index].counts = false
            }
            asked.append(Asked(wake: wake, sent: sent))
        }
    }

    private func pick() -> DeviceAddress { address(Self.addresses.randomElement(using: &random) ?? "bob/phone") }
}
