import Foundation
import RestanteCore

/// What one device is owed, and what its session has been given of it.
struct LedgerDevice {
    struct Gap: Equatable {
        let number: Int
        let conversation: Conversation
        var count: Int64
        /// Places of letters that the session has been given: what it acknowledges of them is not lost.
        var onTheWay: Set<Int> = []
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
    private var lastGap = 0
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
        loseWhatIsOnTheWay()
        isLive = false
        open = []
        lastTag = 0
        given = []
        for index in gaps.indices { gaps[index].isGiven = false }
    }

    mutating func lose(log: String, _ conversation: Conversation) {
        let disputed = gaps.reduce(into: Set<Int>()) { $0.formUnion($1.onTheWay) }
        let lost = Set(owed.filter { $0.log == log }.map(\.place)).subtracting(disputed)
        guard !lost.isEmpty else { return }
        let onTheWay = lost.intersection(openPlaces)
        owed.removeAll { lost.contains($0.place) && !onTheWay.contains($0.place) }
        lastGap += 1
        gaps.append(
            Gap(
                number: lastGap, conversation: conversation, count: Int64(lost.count - onTheWay.count),
                onTheWay: onTheWay))
    }

    private var openPlaces: [Int] {
        open.flatMap { entry -> [Int] in
            switch entry.1 {
            case .letter(let letter): [letter.place]
            case .expired(let letters): letters.map(\.place)
            case .gap: []
            }
        }
    }

    /// The session has ended without acknowledging it.
    private mutating func loseWhatIsOnTheWay() {
        for index in gaps.indices {
            let lost = gaps[index].onTheWay
            gaps[index].count += Int64(lost.count)
            gaps[index].onTheWay = []
            owed.removeAll { lost.contains($0.place) }
        }
    }

    private mutating func isNotLost(_ place: Int) {
        for index in gaps.indices { gaps[index].onTheWay.remove(place) }
        gaps.removeAll { $0.count == 0 && $0.onTheWay.isEmpty }
    }

    /// The keys of what is now forgotten for good.
    mutating func acknowledge(through tag: UInt64) -> [String] {
        var keys: [String] = []
        while let (first, closed) = open.first, first <= tag {
            open.removeFirst()
            switch closed {
            case .letter(let letter):
                isNotLost(letter.place)
                guard let index = owed.firstIndex(where: { $0.place == letter.place }) else { continue }
                keys.append(owed.remove(at: index).key)
            case .expired(let letters):
                for letter in letters { isNotLost(letter.place) }
                owed.removeAll { letter in letters.contains { $0.place == letter.place } }
            case .gap(let gap):
                gaps.removeAll { $0.number == gap.number }
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
        case .gap(let conversation, let count, .removed): try giveRemoved(conversation, count)
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
        if gaps.contains(where: { !$0.isGiven && $0.count > 0 }) {
            throw disagreement("is live and was not told of a gap")
        }
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

    private mutating func giveRemoved(_ conversation: Conversation, _ count: Int64) throws {
        let found = gaps.firstIndex { !$0.isGiven && $0.conversation == conversation && $0.count == count }
        guard let index = found else {
            throw disagreement("was told that \(count) of \(conversation) were lost, not of \(gaps)")
        }
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
