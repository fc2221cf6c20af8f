import RestanteCore
import RestanteStore

/// Three devices and what they do, in a fixed order; whatever they are told is told on.
final class CrashScript {
    static let alice = DeviceAddress(user: UserName(unchecked: "alice"), device: DeviceName(unchecked: "a"))
    static let bobs = ["p", "l"].map {
        DeviceAddress(user: UserName(unchecked: "bob"), device: DeviceName(unchecked: $0))
    }
    /// By device, in the order of `bobs`.
    static let sessions = [SessionID(2), SessionID(3)]
    static let sender = SessionID(1)

    let caller: StoreCaller
    let clock: FaultClock
    let tell: (String) -> Void
    /// Messages of each of `bobs` that are not acknowledged, with their tags.
    private(set) var open: [[(tag: UInt64, id: MessageID)]] = [[], []]
    private(set) var answers: [MessageID: SendOutcome] = [:]

    init(
        _ caller: StoreCaller, clock: FaultClock = FaultClock(),
        tell: @escaping (String) -> Void = CrashFacts.tell
    ) {
        self.caller = caller
        self.clock = clock
        self.tell = tell
    }

    /// Sending, draining, acknowledging and sweeping; the caller's shutdown is the checkpoint.
    func play() async throws {
        try await connect()
        for round in 1...3 {
            try await send([200, 9000, 50, 400])
            try await acknowledge(0)
            if round == 2 { try await acknowledge(1) }
        }
        try await caller.store.forgetAcknowledged()
        try await send([300, 20_000])
        try await acknowledge(0)
    }

    /// Mail that waits, and a part of it acknowledged, in commits of its own.
    func fill() async throws {
        try await connect()
        for _ in 1...6 { try await send([100, 2000, 30, 700]) }
        try await acknowledge(0)
        try await send([500, 500])
        try await disconnect()
    }

    /// Thousands of messages that come and go, so that the file is full of holes.
    func churn() async throws {
        try await connect()
        for _ in 1...20 {
            try await send(Array(repeating: 600, count: 100))
            for device in 0...1 { try await acknowledge(device) }
            try await caller.store.forgetAcknowledged()
        }
        try await send([40, 800, 3000])
        try await disconnect()
    }

    /// Everyone connects and reads all that there is.
    func connect() async throws {
        try await perform(
            zip([Self.sender] + Self.sessions, [Self.alice] + Self.bobs).map {
                .claim(Claim(session: $0, address: $1, tokenIssuedAt: .max / 2000))
            })
        var behind = [Self.sender] + Self.sessions
        while !behind.isEmpty {
            let events = try await perform(behind.map { .read($0) })
            behind = events.compactMap { if case .page(let session, _, more: true) = $0 { session } else { nil } }
        }
    }

    func disconnect() async throws { try await perform(([Self.sender] + Self.sessions).map { .release($0) }) }

    /// One commit.
    func send(_ sizes: [Int]) async throws {
        let messages = sizes.map { (id: MessageID(at: StoreClock.wall.now()), bytes: $0) }.sorted { $0.id < $1.id }
        for message in messages { tell("sent \(message.id) \(message.bytes)") }
        try await send(messages)
        for (id, _) in messages {
            if case .accepted = answers[id] { tell("accepted \(id)") }
        }
    }

    func send(_ messages: [(id: MessageID, bytes: Int)]) async throws {
        try await perform(
            messages.map { id, bytes in
                let payload = Payload(repeating: UInt8(truncatingIfNeeded: id.low), count: bytes)
                return .send(
                    Submission(id: id, to: .user(Self.bobs[0].user), content: .payload(payload), receipt: true),
                    from: .session(Self.sender))
            })
    }

    func acknowledge(_ device: Int) async throws {
        guard let last = open[device].last else { return }
        let ids = open[device].map(\.id.description).joined(separator: " ")
        tell("acknowledges \(Self.bobs[device].device) \(ids)")
        let events = try await perform([.acknowledge(Self.sessions[device], through: last.tag)])
        guard events.contains(.acknowledged(Self.sessions[device], through: last.tag)) else { return }
        tell("acknowledged \(Self.bobs[device].device) \(ids)")
        open[device] = []
    }

    @discardableResult
    func perform(_ commands: [StoreCommand]) async throws -> [StoreEvent] {
        let events = try await caller.perform(commands)
        for event in events { hear(event) }
        return events
    }

    private func hear(_ event: StoreEvent) {
        switch event {
        case .sent(let id, let outcome, _): answers[id] = outcome
        case .page(let session, let page, _):
            for delivery in page { got(delivery.owed, delivery.tag, session) }
        case .live(let message, let readers):
            for reader in readers { got(.message(message), reader.tag, reader.session) }
        default: break
        }
    }

    private func got(_ owed: Owed, _ tag: UInt64, _ session: SessionID) {
        guard let device = Self.sessions.firstIndex(of: session), case .message(let message) = owed,
            message.kind == .message
        else { return }
        open[device].append((tag, message.id))
    }
}
