import RestanteCore

/// What a client asks for and has an id of its own.
enum Question: Equatable {
    case request(Request)
    /// That the connection goes on with another token.
    case refresh(token: String)

    /// Changes nothing, so that asking twice is harmless. A new connection has its token at hand.
    var onlyAsks: Bool { if case .request(let request) = self { request.onlyAsks } else { false } }

    func frame(id: UInt64) -> ClientFrame {
        switch self {
        case .request(let request): .request(request, id: id)
        case .refresh(let token): .refresh(token: token, id: id)
        }
    }
}

/// The requests that have no answer yet.
struct OutgoingRequests {
    private var nextID: UInt64 = 1
    private var unanswered: [UInt64: (question: Question, written: Bool)] = [:]

    mutating func append(_ question: Question) -> UInt64 {
        let id = nextID
        nextID += 1
        unanswered[id] = (question, false)
        return id
    }

    /// What has not been written on this connection, in order; it counts as written now.
    mutating func fill() -> [ClientFrame] {
        let fresh = unanswered.filter { !$0.value.written }.sorted { $0.key < $1.key }
        for (id, _) in fresh { unanswered[id]?.written = true }
        return fresh.map { $0.value.question.frame(id: $0.key) }
    }

    @discardableResult
    mutating func remove(_ id: UInt64) -> Bool { unanswered.removeValue(forKey: id) != nil }

    /// The connection is gone: questions are asked again on the next; of changes it is unknown whether they were made,
    /// so they are forgotten here and returned.
    mutating func connectionLost() -> [UInt64] {
        var lost: [UInt64] = []
        for (id, entry) in unanswered where entry.written {
            if entry.question.onlyAsks {
                unanswered[id]?.written = false
            } else {
                lost.append(id)
            }
        }
        for id in lost { unanswered[id] = nil }
        return lost.sorted()
    }

    mutating func removeAll() -> [UInt64] {
        defer { unanswered = [:] }
        return unanswered.keys.sorted()
    }
}

extension Request {
    /// Changes nothing, so that asking twice is harmless.
    var onlyAsks: Bool {
        switch self {
        case .devices, .groupInfo, .listGroups, .groups, .listBlocks, .status, .mailbox, .wake, .overview, .clock,
            .probe:
            true
        case .refresh, .block, .unblock, .createGroup, .addMembers, .removeMembers, .leaveGroup, .setRole, .deleteGroup,
            .cancel, .unlink, .registerPush, .removePush, .deleteUser, .revoke, .confirmClock:
            false
        }
    }
}
