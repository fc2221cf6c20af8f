import RestanteCore

/// What one client of a storm was sent and has acknowledged, over all its connections.
///
/// An acknowledgement can be durable though nobody was told: the server may die between its commit and `acked`. The message
/// then never comes again, and `drained` on a later connection shows it, for before that all that is owed has come.
struct StormMailbox {
    /// What came on this connection and is not acknowledged for good.
    private var open: [(tag: UInt64, id: MessageID)] = []
    /// Acknowledged on connections that ended before `acked` came, and not sent again since.
    private var unconfirmed: Set<MessageID> = []

    mutating func delivered(_ id: MessageID, tag: UInt64) {
        unconfirmed.remove(id)
        open.append((tag, id))
    }

    /// Returns what will never come again.
    mutating func acked(through: UInt64) -> [MessageID] {
        let count = open.prefix { $0.tag <= through }.count
        defer { open.removeFirst(count) }
        return open.prefix(count).map(\.id)
    }

    /// - Parameter acknowledged: the last tag that an acknowledgement was written for: what came after it is owed, and must
    ///   come again.
    mutating func disconnected(acknowledged: UInt64) {
        unconfirmed.formUnion(open.prefix { $0.tag <= acknowledged }.map(\.id))
        open.removeAll()
    }

    /// Returns what was acknowledged and, as is known now, is owed no more.
    mutating func drained() -> Set<MessageID> {
        defer { unconfirmed.removeAll() }
        return unconfirmed
    }
}
