import RestanteCore
import RestanteStore
import Testing

/// A store under test with everything it says: commands go in, and what they caused comes back in order.
final class Mailroom {
    let place: Place
    var limits: Limits
    var clock: StoreClock
    let policies: Policies
    private(set) var store: any MessageStore & SessionDirectory
    private var recorder = Recorder()
    private var phones: [Phone] = []
    private var lastSession: UInt64 = 0
    private var lastQuestion: UInt64 = 0

    init(
        _ backend: Backend, limits: Limits = Limits(), policies: Policies = Policies(), clock: StoreClock = .wall
    ) throws {
        self.policies = policies
        place = try backend.makePlace()
        self.limits = limits
        self.clock = clock
        store = try place.open(limits, clock: clock, policies: policies)
        store.start(reportingTo: recorder)
    }

    /// Shuts down in order and opens the same data again.
    ///
    /// - Parameter meanwhile: called while there is no store: time that passes sooner is time in which it may tidy up.
    func restart(meanwhile: () -> Void = {}) async throws {
        await store.shutdown()
        meanwhile()
        phones = []
        recorder = Recorder()
        store = try place.open(limits, clock: clock, policies: policies)
        store.start(reportingTo: recorder)
    }

    func shutdown() async { await store.shutdown() }

    /// Hands over commands in one piece and waits until they have been carried out.
    @discardableResult
    func perform(_ commands: [StoreCommand]) async throws -> [StoreEvent] {
        lastQuestion += 1
        let question = lastQuestion
        let marker = StoreCommand.request(
            .devices(of: UserName(unchecked: "nobody")), id: question, from: .operators(CallID(question)))
        let events = await recorder.events(untilAnswerTo: question) { store.enqueue(commands + [marker]) }
        try #require(recorder.failure == nil, "the store failed")
        for phone in phones { phone.take(events) }
        return events.filter { event in
            if case .replied(_, question, .operators) = event { false } else { true }
        }
    }

    func newSession() -> SessionID {
        lastSession += 1
        return SessionID(lastSession)
    }

    /// Tells a device that is claimed by hand what the store says.
    func watch(_ phone: Phone) { phones.append(phone) }

    /// Connects a device: claims a session, without reading.
    func claim(_ address: String, issuedAt: Int64 = .max / 2000) async throws -> Phone {
        let phone = Phone(self, newSession(), Mailroom.address(address))
        phones.append(phone)
        let events = try await perform([
            .claim(Claim(session: phone.session, address: phone.address, tokenIssuedAt: issuedAt))
        ])
        for case .claimRefused(phone.session, let refusal) in events { throw refusal }
        try #require(phone.claimed != nil)
        return phone
    }

    /// Connects a device and reads its first page.
    func connect(_ address: String, issuedAt: Int64 = .max / 2000) async throws -> Phone {
        let phone = try await claim(address, issuedAt: issuedAt)
        try await phone.read()
        return phone
    }

    /// Registers devices that are then away.
    func register(_ addresses: String...) async throws {
        for address in addresses {
            let phone = try await claim(address)
            try await perform([.release(phone.session)])
        }
    }

    /// Asks as an operator.
    func ask(_ request: Request) async throws -> Result<Reply, Refusal> {
        lastQuestion += 1
        let origin = Origin.operators(CallID(lastQuestion))
        let events = try await perform([.request(request, id: lastQuestion, from: origin)])
        for case .replied(let result, _, origin) in events { return result }
        throw Refusal(.unavailable, "no answer")
    }

    static func address(_ text: String) -> DeviceAddress {
        let parts = text.split(separator: "/", maxSplits: 1)
        return DeviceAddress(
            user: UserName(unchecked: String(parts[0])), device: DeviceName(unchecked: String(parts[1])))
    }
}

/// A connected device that keeps what it is given.
final class Phone {
    unowned let room: Mailroom
    let session: SessionID
    let address: DeviceAddress
    private(set) var claimed: Claimed?
    /// Everything with a tag, in order.
    private(set) var inbox: [Delivery] = []
    private(set) var relayed: [Message] = []
    private(set) var acknowledgedThrough: UInt64 = 0
    private(set) var isDrained = false
    private(set) var isBehind = true
    private(set) var end: SessionEnd?
    private(set) var answers: [MessageID: SendOutcome] = [:]
    private(set) var replies: [UInt64: Result<Reply, Refusal>] = [:]
    private var lastRequest: UInt64 = 0

    init(_ room: Mailroom, _ session: SessionID, _ address: DeviceAddress) {
        self.room = room
        self.session = session
        self.address = address
    }

    var messages: [Message] {
        inbox.compactMap { if case .message(let message) = $0.owed { message } else { nil } }
    }

    /// What users sent, as text.
    var texts: [String] {
        messages.filter { $0.kind == .message }.map { String(decoding: $0.payload, as: UTF8.self) }
    }

    var lastTag: UInt64 { inbox.last?.tag ?? 0 }

    fileprivate func take(_ events: [StoreEvent]) {
        for event in events {
            switch event {
            case .claimed(session, let claimed): self.claimed = claimed
            case .page(session, let deliveries, let more):
                inbox += deliveries
                isBehind = more
            case .live(let message, let readers):
                for reader in readers where reader.session == session {
                    inbox.append(Delivery(tag: reader.tag, owed: .message(message)))
                }
            case .relay(let message, let sessions):
                // As often as the session is named, which must be once.
                relayed += sessions.filter { $0 == session }.map { _ in message }
            case .behind(session): isBehind = true
            case .acknowledged(session, let tag): acknowledgedThrough = tag
            case .drained(session): isDrained = true
            case .ended(session, let end): self.end = end
            case .sent(let id, let outcome, .session(session)): answers[id] = outcome
            case .replied(let result, let id, .session(session)): replies[id] = result
            default: break
            }
        }
    }

    @discardableResult
    func perform(_ commands: StoreCommand...) async throws -> [StoreEvent] {
        try await room.perform(commands)
    }

    func read() async throws { try await perform(.read(session)) }
    func leave() async throws { try await perform(.release(session)) }

    func acknowledge(through tag: UInt64? = nil) async throws {
        try await perform(.acknowledge(session, through: tag ?? lastTag))
    }

    /// Reads and acknowledges until nothing is left.
    func drain() async throws {
        repeat {
            if isBehind { try await read() }
            if lastTag > acknowledgedThrough { try await acknowledge() }
        } while isBehind
    }

    @discardableResult
    func send(_ submission: Submission) async throws -> SendOutcome {
        try await perform(.send(submission, from: .session(session)))
        return try #require(answers[submission.id])
    }

    @discardableResult
    func send(_ text: String, to recipient: Recipient, receipt: Bool = false) async throws -> MessageID {
        let id = MessageID(at: room.clock.now())
        let outcome = try await send(
            Submission(id: id, to: recipient, content: .payload(Array(text.utf8)), receipt: receipt))
        guard case .accepted(_, duplicate: false) = outcome else {
            if case .rejected(let refusal) = outcome { throw refusal }
            throw Refusal(.unavailable, "unexpected: \(outcome)")
        }
        return id
    }

    func ask(_ request: Request) async throws(any Error) -> Reply {
        lastRequest += 1
        let id = lastRequest
        try await perform(.request(request, id: id, from: .session(session)))
        return try #require(replies[id]).get()
    }
}

/// The refusal that a call is answered with.
func refusal(_ body: () async throws -> Void) async throws -> ErrorCode {
    do {
        try await body()
    } catch let refusal as Refusal {
        return refusal.code
    }
    Issue.record("expected a refusal")
    return .badRequest
}

extension Recipient {
    static func user(_ name: String) -> Recipient { .user(UserName(unchecked: name)) }
    static func group(_ name: String) -> Recipient { .group(GroupName(unchecked: name)) }
    static func device(_ address: String) -> Recipient { .device(Mailroom.address(address)) }
}

extension Request {
    static func create(_ group: String, _ members: String...) -> Request {
        .createGroup(GroupName(unchecked: group), members: members.map(UserName.init(unchecked:)))
    }
    static func add(_ group: String, _ members: String...) -> Request {
        .addMembers(GroupName(unchecked: group), members.map(UserName.init(unchecked:)))
    }
    static func remove(_ group: String, _ members: String...) -> Request {
        .removeMembers(GroupName(unchecked: group), members.map(UserName.init(unchecked:)))
    }
    static func leave(_ group: String) -> Request { .leaveGroup(GroupName(unchecked: group)) }
    static func info(_ group: String) -> Request { .groupInfo(GroupName(unchecked: group)) }
}
