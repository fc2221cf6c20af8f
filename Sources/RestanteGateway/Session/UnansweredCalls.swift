import RestanteCore

/// How much a client has asked for and not been answered: answers can be larger than what asks for them, so they are
/// bounded where they are asked for. What must be known of a call when its answer comes is kept here, too.
struct UnansweredCalls {
    /// Sends on the way above which the socket is not read. Half of them must be answered before it is read again.
    static let mostSends = 1024
    /// Requests on the way above which one is refused: an answer may list a whole group.
    static let mostRequests = 64

    private struct Asked {
        var id: UInt64
        /// Of the token of a refresh.
        var key: KeySet.Fingerprint?
    }

    private var sends = 0
    private var requests: [Asked] = []
    private var isFull = false

    /// True: read the socket no more.
    mutating func sent() -> Bool {
        sends += 1
        guard !isFull, sends >= Self.mostSends else { return false }
        isFull = true
        return true
    }

    /// True: read the socket again.
    mutating func sendWasAnswered() -> Bool {
        sends -= 1
        guard isFull, sends <= Self.mostSends / 2 else { return false }
        isFull = false
        return true
    }

    /// False: too many.
    mutating func asked(_ id: UInt64, key: KeySet.Fingerprint?) -> Bool {
        guard requests.count < Self.mostRequests else { return false }
        requests.append(Asked(id: id, key: key))
        return true
    }

    /// Of several with one id the first is answered first: they are carried out in order.
    ///
    /// - Returns: the key that came with it.
    mutating func requestWasAnswered(_ id: UInt64) -> KeySet.Fingerprint? {
        guard let index = requests.firstIndex(where: { $0.id == id }) else { return nil }
        let key = requests.remove(at: index).key
        if requests.isEmpty { requests.empty() }
        return key
    }
}
