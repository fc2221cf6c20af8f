import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// A store on a file of its own: commands go in, and what they caused comes back.
final class Postbox {
    let folder: Folder
    let options: StoreOptions
    var clock: StoreClock { options.clock }
    private(set) var store: SQLiteStore
    private var answers = Answers()
    private var lastSession: UInt64 = 0
    private var lastRequest: UInt64 = 0

    private let name: String

    convenience init(limits: Limits = Limits(), clock: StoreClock = .wall, indexEvery: Int? = nil) throws {
        var options = StoreOptions(limits: limits, clock: clock)
        if let indexEvery { options.indexEvery = indexEvery }
        try self.init(Folder(), "test.db", options)
    }

    /// A database that is there already.
    static func opening(_ folder: Folder, _ name: String) throws -> Postbox {
        try Postbox(folder, name, StoreOptions())
    }

    private init(_ folder: Folder, _ name: String, _ options: StoreOptions) throws {
        self.folder = folder
        self.name = name
        self.options = options
        store = try SQLiteStore.open(path: folder.path(name), options: options)
        store.start(reportingTo: answers)
    }

    func shutdown() async { await store.shutdown() }

    /// Opens again what was shut down.
    func open() throws {
        answers = Answers()
        store = try SQLiteStore.open(path: folder.path(name), options: options)
        store.start(reportingTo: answers)
    }

    /// Hands over commands in one piece and waits until they have been carried out.
    @discardableResult
    func perform(_ commands: [StoreCommand]) async throws -> [StoreEvent] {
        let marker = StoreCommand.request(.devices(of: user("nobody")), id: 0, from: .operators(CallID(0)))
        let events = await answers.untilAnswered { store.enqueue(commands + [marker]) }
        try #require(answers.failure == nil, "the store failed")
        return events.filter { if case .replied(_, _, .operators) = $0 { false } else { true } }
    }

    /// Asks as an operator; everything that was told until the answer, and it.
    func asking(_ request: Request) async throws -> [StoreEvent] {
        let events = await answers.untilAnswered {
            store.enqueue([.request(request, id: 0, from: .operators(CallID(0)))])
        }
        try #require(answers.failure == nil, "the store failed")
        return events
    }

    /// What the operator was told.
    var notices: [StoreNotice] { answers.notices }

    /// What the store measured of its own work.
    var measures: [StoreMeasure] { answers.measures }

    func newSession() -> SessionID {
        lastSession += 1
        return SessionID(lastSession)
    }

    func newRequest() -> UInt64 {
        lastRequest += 1
        return lastRequest
    }

    /// Connects devices in one commit, without reading.
    @discardableResult
    func claim(_ addresses: [String]) async throws -> [SessionID] {
        let sessions = addresses.map { _ in newSession() }
        let events = try await perform(
            zip(sessions, addresses).map { session, device in
                .claim(Claim(session: session, address: address(device), tokenIssuedAt: .max / 2000))
            })
        for case .claimRefused(_, let refusal) in events { throw refusal }
        return sessions
    }

    /// Registers devices that are then away.
    func register(_ addresses: [String]) async throws {
        try await perform(try await claim(addresses).map { .release($0) })
    }

    @discardableResult
    func send(_ payload: Payload, to recipient: Recipient, from session: SessionID) async throws -> MessageID {
        let id = MessageID(at: clock.now())
        let submission = Submission(id: id, to: recipient, content: .payload(payload))
        let events = try await perform([.send(submission, from: .session(session))])
        for case .sent(id, .rejected(let refusal), _) in events { throw refusal }
        return id
    }

    @discardableResult
    func ask(_ request: Request, from session: SessionID) async throws -> Reply {
        let id = newRequest()
        let events = try await perform([.request(request, id: id, from: .session(session))])
        for case .replied(let result, id, .session(session)) in events { return try result.get() }
        throw Refusal(.unavailable, "no answer")
    }

    /// Reads and acknowledges all that a device that has just been claimed is owed.
    @discardableResult
    func drain(_ session: SessionID) async throws -> [Message] {
        var messages: [Message] = []
        while true {
            let events = try await perform([.read(session)])
            guard case .page(_, let page, let more)? = events.first(where: { $0.isPage(of: session) }) else { break }
            for delivery in page { if case .message(let message) = delivery.owed { messages.append(message) } }
            if let last = page.last { try await perform([.acknowledge(session, through: last.tag)]) }
            if !more { break }
        }
        return messages
    }

    /// Every table's number of rows, read as another program would.
    func rowCounts() throws -> [String: Int] {
        let tables = try folder.texts(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        return try tables.reduce(into: [:]) { counts, table in
            counts[table] = try folder.texts("SELECT count(*) FROM \"\(table)\"").first.flatMap { Int($0) }
        }
    }
}

extension StoreEvent {
    func isPage(of session: SessionID) -> Bool { if case .page(session, _, _) = self { true } else { false } }
}

func user(_ name: String) -> UserName { UserName(unchecked: name) }
func group(_ name: String) -> GroupName { GroupName(unchecked: name) }

/// "bob/phone".
func address(_ text: String) -> DeviceAddress {
    let parts = text.split(separator: "/", maxSplits: 1)
    return DeviceAddress(user: user(String(parts[0])), device: DeviceName(unchecked: String(parts[1])))
}
