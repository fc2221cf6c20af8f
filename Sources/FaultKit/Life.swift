import RestanteCore

/// A random life of a few users on one store, from a seed: sends, drains, acknowledgements, group changes, sweeps and
/// checkpoints, with everything that is told written down.
final class Life {
    static let users = (0..<4).map { UserName(unchecked: "user\($0)") }
    static let groups = (0..<2).map { GroupName(unchecked: "group\($0)") }
    static let addresses = users.enumerated().flatMap { index, user in
        (0...(index % 2)).map { DeviceAddress(user: user, device: DeviceName(unchecked: "device\($0)")) }
    }

    var numbers: SeededNumbers
    var promises = Promises()
    var phones: [DeviceAddress: Phone] = [:]
    private var lastSession: UInt64 = 0
    private var lastRequest: UInt64 = 0

    init(seed: UInt64) {
        numbers = SeededNumbers(seed: seed)
    }

    // MARK: What comes from the store

    /// Carries out a batch and writes down what was told.
    @discardableResult
    func perform(_ commands: [StoreCommand], _ store: some FaultedStore) throws -> [StoreEvent] {
        let events = try store.run(commands)
        for event in events { hear(event) }
        if let head = store.head { promises.head(is: head) }
        return events
    }

    private func hear(_ event: StoreEvent) {
        switch event {
        case .claimed(let session, let claimed):
            phones[claimed.address] = Phone(session: session)
            promises.claimed(claimed.address, claimed)
        case .sent(let id, let outcome, _): promises.wasAnswered(id, outcome)
        case .page(let session, let page, let more):
            guard let address = owner(session) else { return }
            for delivery in page { take(delivery, address) }
            phones[address]?.isBehind = more
        case .live(let message, let readers):
            for reader in readers {
                guard let address = owner(reader.session) else { continue }
                take(Delivery(tag: reader.tag, owed: .message(message)), address)
            }
        case .behind(let session): if let address = owner(session) { phones[address]?.isBehind = true }
        case .acknowledged(let session, let tag):
            guard let address = owner(session) else { return }
            for id in phones[address]?.forgotten(through: tag) ?? [] { promises.forgot(address, id) }
        default: break
        }
    }

    private func take(_ delivery: Delivery, _ address: DeviceAddress) {
        var id: MessageID?
        if case .message(let message) = delivery.owed {
            promises.got(message, address)
            if message.kind == .message { id = message.id }
        }
        if phones[address]?.take(delivery.tag, id) == false { promises.breaks("\(address) got tag \(delivery.tag)") }
    }

    private func owner(_ session: SessionID) -> DeviceAddress? { phones.first { $0.value.session == session }?.key }

    // MARK: Commands

    func claim(_ address: DeviceAddress) -> StoreCommand {
        lastSession += 1
        return .claim(Claim(session: SessionID(lastSession), address: address, tokenIssuedAt: .max / 2000))
    }

    func acknowledge(_ address: DeviceAddress, through tag: UInt64) -> StoreCommand? {
        guard let ids = phones[address]?.asks(through: tag), let session = phones[address]?.session else { return nil }
        for id in ids { promises.asks(address, toForget: id) }
        return .acknowledge(session, through: tag)
    }

    func send(_ submission: Submission, from address: DeviceAddress) -> StoreCommand? {
        guard let session = phones[address]?.session else { return nil }
        promises.handedOver(submission, from: address)
        return .send(submission, from: .session(session))
    }

    /// Asks as a device; nil: it was refused.
    func ask(_ request: Request, as address: DeviceAddress, _ store: some FaultedStore) throws -> Reply? {
        guard let session = phones[address]?.session else { return nil }
        lastRequest += 1
        let id = lastRequest
        let events = try perform([.request(request, id: id, from: .session(session))], store)
        for case .replied(.success(let reply), id, _) in events { return reply }
        return nil
    }

    /// The power went: nobody is connected, and what was not answered stays so.
    func disconnect() {
        phones = [:]
        promises.lostConnection()
    }
}

/// What a life happens on.
protocol FaultedStore {
    func run(_ commands: [StoreCommand]) throws -> [StoreEvent]
    /// The highest position that was given out; nil: it cannot be asked for.
    var head: Int64? { get }
}
