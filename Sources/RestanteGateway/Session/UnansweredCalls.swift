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
    /// Of these, such to the user's own devices.
    private var toSelf: Set<MessageID> = []
    private var requests: [Asked] = []
    private var isFull = false

    /// True: read the socket no more.
    mutating func sent(_ id: MessageID, toSelf isToSelf: Bool) -> Bool {
        sends += 1
        if isToSelf { toSelf.insert(id) }
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

    /// Whether a send that was answered was to the user's own devices, of which an answer tells it nothing new.
    mutating func wasToSelf(_ id: MessageID) -> Bool {
        guard !toSelf.isEmpty, toSelf.remove(id) != nil else { return false }
        if toSelf.isEmpty { toSelf = [] }
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

extension SendOutcome {
    /// It says what devices a user has, or that it has none, and nobody got anything. (Of a group only services are told.)
    var isMiss: Bool {
        guard case .rejected(let refusal) = self else { return false }
        return refusal.code == .noDevices || refusal.code == .staleDevices
    }
}
