import CSQLite
import Foundation
import RestanteCore
import Testing

@testable import RestanteStore

/// A store whose time stands, with one who sends.
final class WakeBox {
    let clock = SteppedClock()
    private let folder: Folder
    private(set) var store: SteppedStore
    private var lastSession: UInt64 = 0
    private var lastRequest: UInt64 = 0
    private var alice = SessionID(0)
    private let options: WakeOptions

    /// - Parameter change: of how often who is woken.
    init(_ change: (inout WakeOptions) -> Void = { _ in }) throws {
        var options = WakeOptions()
        options.providers = [.apns]
        change(&options)
        self.options = options
        folder = try Folder()
        store = try Self.open(folder, clock, options)
        alice = try connect("alice/laptop")
    }

    deinit { store.close() }

    private static func open(
        _ folder: Folder, _ clock: SteppedClock, _ wakes: WakeOptions
    ) throws -> SteppedStore {
        var options = StoreOptions(clock: clock.clock)
        options.wakes = wakes
        return try SteppedStore(path: folder.database, options: options)
    }

    /// As a process that was killed, and the next.
    func restart(meanwhile: (Folder) throws -> Void = { _ in }) throws {
        store.close()
        try meanwhile(folder)
        store = try Self.open(folder, clock, options)
        alice = try connect("alice/laptop")
    }

    static func target(_ device: String) -> PushTarget { .apns(token: device, topic: "org.example", sandbox: false) }

    /// Registers a device that can be woken and has gone.
    func away(_ device: String, showing display: PushDisplay = PushDisplay()) throws {
        let session = try connect(device)
        try ask(.registerPush(Self.target(device), display), from: session)
        try run([.release(session)])
    }

    func connect(_ device: String) throws -> SessionID { try come(device).0 }

    /// Connects, and what it is given then.
    func come(_ device: String) throws -> (SessionID, [StoreEvent]) {
        lastSession += 1
        let session = SessionID(lastSession)
        let claim = Claim(session: session, address: address(device), tokenIssuedAt: .max / 2000)
        return (session, try run([.claim(claim), .read(session)]))
    }

    @discardableResult
    func run(_ commands: [StoreCommand]) throws -> [StoreEvent] { try store.run(commands) }

    @discardableResult
    func send(to name: String, _ urgency: Urgency = .normal, label: String? = nil) throws -> MessageID {
        try send(to: .user(user(name)), urgency, label: label)
    }

    @discardableResult
    func send(to recipient: Recipient, _ urgency: Urgency = .normal, label: String? = nil) throws -> MessageID {
        let events = try post(to: recipient, urgency, label: label)
        for case .sent(let id, let outcome, _) in events {
            if case .rejected(let refusal) = outcome { throw refusal }
            return id
        }
        throw Refusal(.unavailable, "a send has no answer")
    }

    /// Sends, and what that brings about.
    func post(to recipient: Recipient, _ urgency: Urgency, label: String? = nil) throws -> [StoreEvent] {
        let submission = Submission(
            id: MessageID(at: clock.now), to: recipient, content: .payload([1]), urgency: urgency, label: label)
        return try run([.send(submission, from: .session(alice))])
    }

    func ask(_ request: Request) throws { try ask(request, from: alice) }

    /// Nil: an operator.
    @discardableResult
    func ask(_ request: Request, from session: SessionID?) throws -> Reply? {
        lastRequest += 1
        let origin = session.map { Origin.session($0) } ?? .operators(CallID(lastRequest))
        for case .replied(let result, lastRequest, _) in try run([.request(request, id: lastRequest, from: origin)]) {
            return try result.get()
        }
        return nil
    }

    func answer(_ wakes: [Wake], _ outcome: WakeOutcome, expecting count: Int? = nil) throws {
        if let count { #expect(wakes.count == count) }
        try run(wakes.map { .woken($0, outcome) })
    }

    var database: String { folder.database }

    /// Whether these bytes are anywhere in the database or its WAL.
    func fileHolds(_ text: String) throws -> Bool {
        try ["", "-wal"].contains { suffix in
            try Data(contentsOf: URL(filePath: folder.database + suffix)).range(of: Data(text.utf8)) != nil
        }
    }

    /// Each row in one text.
    func rows(_ sql: String) throws -> [String] {
        let connection = try Connection(path: folder.database, mode: .readOnly)
        defer { connection.close() }
        return try connection.all(sql) { row in
            (0..<sqlite3_column_count(row.handle)).map { row.text($0) }.joined(separator: " ")
        }
    }
}
