import Foundation
import RestanteCore

/// What one device is owed, and what its session has been given of it.
struct LedgerDevice {
    struct Gap: Equatable {
        let conversation: Conversation
        let count: Int64
        var isGiven = false
    }

    private enum Open {
        case letter(Ledger.Letter)
        case gap(Gap)
        /// One gap in place of all of them.
        case expired([Ledger.Letter])
    }

    let address: DeviceAddress
    /// In the order of acceptance, over all logs.
    var owed: [Ledger.Letter] = []
    private(set) var gaps: [Gap] = []
    private(set) var session: SessionID?
    private(set) var isLive = false
    private var open: [(tag: UInt64, Open)] = []
    private var lastTag: UInt64 = 0
    /// Places of letters that this session was given, or was told of.
    private var given: Set<Int> = []

    init(address: DeviceAddress) {
        self.address = address
    }

    var openTags: [UInt64] { open.map(\.tag) }

    func hasOpen(_ key: String) -> Bool {
        open.contains { if case .letter(let letter) = $0.1 { letter.key == key } else { false } }
    }

    /// What has not been acknowledged comes again.
    mutating func connected(_ session: SessionID?) {
        self.session = session
        isLive = false
        open = []
        lastTag = 0
        given = []
        for index in gaps.indices { gaps[index].isGiven = false }
    }

    mutating func lose(log: String, _ conversation: Conversation) {
        let count = owed.count { $0.log == log }
        owed.removeAll { $0.log == log }
        if count > 0 { gaps.append(Gap(conversation: conversation, count: Int64(count))) }
    }

    /// The keys of what is now forgotten for good.
    mutating func acknowledge(through tag: UInt64) -> [String] {
        var keys: [String] = []
        while let (first, closed) = open.first, first <= tag {
            open.removeFirst()
            switch closed {
            case .letter(let letter):
                guard let index = owed.firstIndex(where: { $0.place == letter.place }) else { continue }
                keys.append(owed.remove(at: index).key)
            case .expired(let letters):
                owed.removeAll { letter in letters.contains { $0.place == letter.place } }
            case .gap(let gap):
                if let index = gaps.firstIndex(of: gap) { gaps.remove(at: index) }
            }
        }
        return keys
    }

    // MARK: What the store says

    mutating func give(_ delivery: Delivery, at now: Int64) throws {
        guard delivery.tag == lastTag + 1 else { throw disagreement("tag \(delivery.tag) after \(lastTag)") }
        lastTag = delivery.tag
        switch delivery.owed {
        case .message(let message): try give(message, at: now)
        case .gap(let conversation, let count, .expired): try giveExpired(conversation, Int(count), at: now)
        case .gap(let conversation, let count, .removed): try give(Gap(conversation: conversation, count: count))
        default: throw disagreement("was given \(delivery.owed)")
        }
    }

    mutating func becameLive(at now: Int64) throws {
        isLive = true
        try checkNothingIsUnread(at: now)
        if let letter = unread.first(where: { _ in true }) {
            throw disagreement("is live and was not told that \(letter.key) has expired")
        }
    }

    mutating func fellBehind() { isLive = false }

    /// A live session has been given everything.
    func checkNothingIsUnread(at now: Int64) throws {
        guard isLive else { return }
        if let letter = nextUnread(at: now) {
            throw disagreement("is live and was not given \(letter.key) of \(letter.log)")
        }
        if gaps.contains(where: { !$0.isGiven }) { throw disagreement("is live and was not told of a gap") }
    }

    private var unread: some Sequence<Ledger.Letter> { owed.lazy.filter { [given] in !given.contains($0.place) } }

    private func nextUnread(at now: Int64) -> Ledger.Letter? { unread.first { $0.expiresAt > now } }

    private mutating func give(_ message: Message, at now: Int64) throws {
        guard let letter = nextUnread(at: now) else {
            throw disagreement("was given \(try message.key()) and is owed nothing")
        }
        guard try message.key() == letter.key, message.conversation == letter.conversation else {
            throw disagreement("was given \(try message.key()) in place of \(letter.key) of \(letter.log)")
        }
        if let skipped = unread.first(where: { $0.log == letter.log && $0.place < letter.place }) {
            throw disagreement("was given \(letter.key) before it was told that \(skipped.key) has expired")
        }
        given.insert(letter.place)
        open.append((lastTag, .letter(letter)))
    }

    /// A run of one log, from the first that it was not given.
    private mutating func giveExpired(_ conversation: Conversation, _ count: Int, at now: Int64) throws {
        let run = unread.filter { $0.conversation == conversation }.prefix(count)
        guard run.count == count, run.allSatisfy({ $0.expiresAt <= now }), Set(run.map(\.log)).count == 1 else {
            throw disagreement("was told that \(count) have expired, which is true of \(run.map(\.key)) alone")
        }
        given.formUnion(run.map(\.place))
        open.append((lastTag, .expired(Array(run))))
    }

    private mutating func give(_ gap: Gap) throws {
        guard let index = gaps.firstIndex(of: gap) else { throw disagreement("was told of \(gap), not of \(gaps)") }
        gaps[index].isGiven = true
        open.append((lastTag, .gap(gaps[index])))
    }

    private func disagreement(_ what: String) -> Ledger.Disagreement {
        Ledger.Disagreement(description: "\(address) \(what)")
    }
}

extension Message {
    /// The id; of a message that the server made, what it says.
    fileprivate func key() throws -> String {
        struct Change: Decodable { let version: Int64 }
        switch kind {
        case .message: return id.description
        case .membership, .devices:
            return "\(kind) \(try JSONDecoder().decode(Change.self, from: Data(payload)).version)"
        }
    }
}
