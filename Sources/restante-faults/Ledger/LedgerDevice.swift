import FaultKit
import RestanteClient
import RestanteCore

/// One client of a device: what it reads is written into the book, and acknowledged in the manner given.
struct LedgerDevice: Sendable {
    /// When a client acknowledges what it got.
    enum Manner: CaseIterable {
        case atOnce, soon, seldom, late, never
    }

    let world: LedgerWorld
    let number: Int
    let address: DeviceAddress
    let client: RestanteClient
    let session: Int

    init(_ world: LedgerWorld, _ number: Int, _ address: DeviceAddress) throws {
        self.world = world
        self.number = number
        self.address = address
        session = world.book.with { $0.begins(number) }
        client = try world.client(address)
    }

    /// Keeps the client connected until it is stopped or gives up.
    func run() async {
        do {
            try await client.run()
        } catch {
            world.book.with { book in
                if error.code == .forbidden { book.readers[number].isUnlinked = true }
                if ![.forbidden, .displaced, .stopped].contains(error.code) { book.breaks("\(address): \(error)") }
            }
        }
        world.book.with { $0.sessions[session]?.isOver = true }
    }

    /// Reads until the client has ended.
    ///
    /// - Parameter isEnough: asked after each event; true: the client is stopped.
    func read(
        _ manner: Manner, _ generator: SeededNumbers, displacing older: (LedgerDevice, connection: UInt64)? = nil,
        until isEnough: @Sendable (inout LedgerState) -> Bool = { _ in false }
    ) async {
        var generator = generator
        var tokens: [DeliveryToken] = []
        for await event in client.events {
            world.book.with { $0.saw(event, session) }
            switch event {
            case .welcome:
                tokens = []
                if let older { acknowledgeTooLate(older.0, older.connection) }
            case .delivery(_, let token):
                tokens.append(token)
                acknowledge(manner, &tokens, &generator)
            default: break
            }
            if world.book.with(isEnough) { client.stop() }
        }
        world.book.with { $0.ends(session) }
    }

    private func acknowledge(_ manner: Manner, _ tokens: inout [DeliveryToken], _ generator: inout SeededNumbers) {
        let lag: Int
        switch manner {
        case .atOnce: lag = 0
        case .soon where generator.once(in: 3): lag = 0
        case .seldom where generator.once(in: 30): lag = Int.random(in: 0...10, using: &generator)
        case .late where generator.once(in: 4): lag = 40
        case .soon, .seldom, .late, .never: return
        }
        guard tokens.count > lag else { return }
        let token = tokens[tokens.count - 1 - lag]
        world.book.with { $0.acknowledges(token, session) }
        client.acknowledge(through: token)
        tokens.removeFirst(tokens.count - lag)
    }

    private func acknowledgeTooLate(_ older: LedgerDevice, _ connection: UInt64) {
        guard let token = world.book.with({ $0.succeeds(older.session, connection: connection) }) else { return }
        world.book.with { $0.acknowledges(token, older.session) }
        older.client.acknowledge(through: token)
    }
}
