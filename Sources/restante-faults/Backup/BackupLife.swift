import FaultKit
import Foundation
import RestanteCore
import RestanteStore

/// One sender and one reader, one commit after the other.
final class BackupLife {
    private static let sender = SessionID(1)
    private static let bob = UserName(unchecked: "bob")

    private let store: SQLiteStore
    private let sink = BackupSink()
    private var numbers: SeededNumbers
    private let tag: UInt64
    private var next: Int
    private var lastSession: UInt64 = 1
    private var acknowledged: Set<Int> = []

    init(_ store: SQLiteStore, numbers: SeededNumbers, tag: UInt64, next: Int) {
        self.store = store
        self.numbers = numbers
        self.tag = tag
        self.next = next
    }

    func begin(isNew: Bool) async throws {
        store.start(reportingTo: sink)
        _ = try await perform([Self.claim("bob", SessionID(lastSession + 1)), Self.claim("alice", Self.sender)])
        lastSession += 1
        guard isNew else { return }
        // Something to copy, for somebody who never comes.
        _ = try await perform([Self.claim("carol", SessionID(1000)), .release(SessionID(1000))])
        for _ in 0..<150 {
            _ = try await perform([
                .send(
                    Submission(
                        id: .now, to: .user(UserName(unchecked: "carol")),
                        content: .payload(Payload(repeating: 7, count: 200_000))), from: .session(Self.sender))
            ])
        }
    }

    func live(steps: Int) async throws {
        for _ in 0..<steps {
            switch Int.random(in: 0..<100, using: &numbers) {
            case ..<70: try await send(Int.random(in: 1...4, using: &numbers))
            case ..<92: try await read()
            default:
                try await store.forgetAcknowledged()
                say("swept")
            }
        }
    }

    /// Begins, and sends one.
    func send() async throws {
        try await begin(isNew: false)
        try await send(1, saying: false)
    }

    private func send(_ count: Int, saying: Bool = true) async throws {
        var sent: [MessageID: Int] = [:]
        var commands: [StoreCommand] = []
        for _ in 0..<count {
            let id = MessageID.now
            var payload = Payload(BackupText.of(next, tag).utf8)
            payload += Payload(repeating: 46, count: Int.random(in: 0...3000, using: &numbers))
            commands.append(
                .send(Submission(id: id, to: .user(Self.bob), content: .payload(payload)), from: .session(Self.sender)))
            sent[id] = next
            next += 1
        }
        if saying { say("handed \(next - 1)") }
        for case .sent(let id, .accepted(_, false), _) in try await perform(commands) {
            if saying, let number = sent[id] { say("accepted \(number)") }
        }
    }

    /// Connects anew, takes a page, and acknowledges some of it.
    private func read() async throws {
        lastSession += 1
        let session = SessionID(lastSession)
        let events = try await perform([Self.claim("bob", session), .read(session)])
        var page: [(tag: UInt64, number: Int)] = []
        for case .page(session, let deliveries, _) in events {
            for delivery in deliveries {
                guard case .message(let message) = delivery.owed, let number = BackupText.number(message.payload, tag)
                else { continue }
                if acknowledged.contains(number) { say("again \(number)") }
                page.append((delivery.tag, number))
            }
        }
        guard let through = page.prefix(8).randomElement(using: &numbers)?.tag else { return }
        let closed = page.filter { $0.tag <= through }
        for (_, number) in closed { say("acknowledges \(number)") }
        for case .acknowledged(session, through) in try await perform([.acknowledge(session, through: through)]) {
            for (_, number) in closed {
                acknowledged.insert(number)
                say("acknowledged \(number)")
            }
        }
    }

    private func perform(_ commands: [StoreCommand]) async throws -> [StoreEvent] {
        try await sink.untilAnswered {
            store.enqueue(commands + [.request(.probe, id: 0, from: .operators(CallID(0)))])
        }
    }

    private static func claim(_ user: String, _ session: SessionID) -> StoreCommand {
        .claim(
            Claim(
                session: session,
                address: DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: "phone")),
                tokenIssuedAt: .max / 2000))
    }
}

/// What stands in a message's payload, so that it can be looked for in a file.
enum BackupText {
    static func of(_ number: Int, _ tag: UInt64) -> String { "<message \(number) of \(tag)>" }

    static func number(_ payload: Payload, _ tag: UInt64) -> Int? {
        let words = String(decoding: payload.prefix(80), as: UTF8.self).split(separator: " ")
        return words.first == "<message" && words.count > 1 ? Int(words[1]) : nil
    }
}

extension MessageID {
    fileprivate static var now: MessageID { MessageID(at: StoreClock.wall.now()) }
}
