import RestanteCore

/// The requests that have no answer yet.
struct OutgoingRequests {
    private var nextID: UInt64 = 1
    private var unanswered: [UInt64: (request: Request, written: Bool)] = [:]

    mutating func append(_ request: Request) -> UInt64 {
        let id = nextID
        nextID += 1
        unanswered[id] = (request, false)
        return id
    }

    /// What has not been written on this connection, in order; it counts as written now.
    mutating func fill() -> [(id: UInt64, request: Request)] {
        let fresh = unanswered.filter { !$0.value.written }.sorted { $0.key < $1.key }
        for (id, _) in fresh { unanswered[id]?.written = true }
        return fresh.map { ($0.key, $0.value.request) }
    }

    @discardableResult
    mutating func remove(_ id: UInt64) -> Bool { unanswered.removeValue(forKey: id) != nil }

    /// The connection is gone: questions are asked again on the next; of changes it is unknown whether they were made,
    /// so they are forgotten here and returned.
    mutating func connectionLost() -> [UInt64] {
        var lost: [UInt64] = []
        for (id, entry) in unanswered where entry.written {
            if entry.request.onlyAsks {
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
        case .devices, .groupInfo, .listGroups, .status, .mailbox, .overview, .clock, .probe: true
        case .createGroup, .addMembers, .removeMembers, .leaveGroup, .setRole, .deleteGroup, .cancel, .unlink,
            .deleteUser, .revoke, .confirmClock:
            false
        }
    }
}
