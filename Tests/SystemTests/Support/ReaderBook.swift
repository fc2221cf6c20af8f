import RestanteClient
import RestanteCore

/// One reader's page of the ledger.
struct ReaderBook {
    /// What the reader said that it has: the server may have forgotten it.
    private(set) var requested: Set<Ledger.Entry> = []
    /// What the server said that it has forgotten: it must not come again (P3).
    private(set) var confirmed: Set<Ledger.Entry> = []
    /// The number that comes next in each lane: a higher one would be a hole, a lower one is sent again.
    private var next: [String: Int] = [:]
    /// The last number of each lane on this connection: within one they only rise (P5).
    private var last: [String: Int] = [:]
    private var connection: UInt64 = 0
    private var open: [(tag: UInt64, entry: Ledger.Entry)] = []

    mutating func begins() {
        connection = 0
        open = []
        last = [:]
    }

    /// What is wrong with this event, if anything.
    mutating func saw(_ event: ClientEvent) -> [String] {
        switch event {
        case .delivery(.message(let message), let token): came(message, token)
        case .delivery(let other, _): ["did not get a message but \(other)"]
        case .acknowledged(let token): forgotten(token)
        default: []
        }
    }

    mutating func acknowledges(_ token: DeliveryToken) {
        guard token.connection == connection else { return }
        for (tag, entry) in open where tag <= token.tag { requested.insert(entry) }
    }

    private mutating func came(_ message: Message, _ token: DeliveryToken) -> [String] {
        if token.connection != connection {
            begins()
            connection = token.connection
        }
        guard message.kind == .message, let entry = Ledger.Entry(message.payload) else { return [] }
        open.append((token.tag, entry))
        var broken: [String] = []
        if confirmed.contains(entry) { broken.append("\(entry) came after it was acknowledged") }
        let expected = next[entry.lane, default: 1]
        if entry.number > expected { broken.append("\(entry) came where \(expected) was missing") }
        let before = last[entry.lane, default: 0]
        if entry.number <= before { broken.append("\(entry) came after \(before) on the same connection") }
        next[entry.lane] = max(expected, entry.number + 1)
        last[entry.lane] = entry.number
        return broken
    }

    private mutating func forgotten(_ token: DeliveryToken) -> [String] {
        guard token.connection == connection else { return [] }
        for (tag, entry) in open where tag <= token.tag { confirmed.insert(entry) }
        open.removeAll { $0.tag <= token.tag }
        return []
    }
}
