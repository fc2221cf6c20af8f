import RestanteCore

/// A run of messages of one log that their reader will not get: told as one gap, in its place in the order.
struct Gap {
    let reason: LossReason
    /// The first of them.
    let from: Position
    /// Where the run ends: what needs no telling (own messages, withdrawn ones) may be part of it.
    var through: LogMark
    var count: Int64
    /// It was owed when the session was claimed, so `drained` waits for it.
    let owedAtClaim: Bool
}

/// What one read gives to a session.
struct ReadPage {
    var deliveries: [Delivery] = []
    /// Bytes of payload in them.
    var bytes = 0
    /// Rows of `messages` that were looked at for it.
    var looked = 0
    /// Runs that may still become longer. Each takes a place in the window from its beginning, so that it can always
    /// be told at the end.
    private(set) var gaps: [LogKey: Gap] = [:]

    /// False: the log has no such run.
    mutating func widen(_ log: LogKey, to mark: LogMark, by count: Int64, _ reason: LossReason? = nil) -> Bool {
        guard let gap = gaps[log], reason == nil || reason == gap.reason else { return false }
        gaps[log]?.through = mark
        gaps[log]?.count += count
        return true
    }

    mutating func begin(_ gap: Gap, in log: LogKey) { gaps[log] = gap }

    mutating func takeGap(of log: LogKey) -> Gap? { gaps.removeValue(forKey: log) }
}

extension Engine {
    /// A message of this log will not come: a longer run, or a new one. False: the window has no room for it.
    func miss(
        _ mark: LogMark, of log: LogKey, because reason: LossReason, _ session: Session, _ page: inout ReadPage
    ) throws -> Bool {
        if page.widen(log, to: mark, by: 1, reason) { return true }
        guard session.hasRoom(for: 0, besides: page.gaps.count, limits) else { return false }
        try closeGap(of: log, session, &page)
        page.begin(
            Gap(reason: reason, from: mark.seq, through: mark, count: 1, owedAtClaim: mark.seq <= session.claimedAt),
            in: log)
        return true
    }

    /// Something of this log is delivered next: its run is over, and so are those of logs that the session's user has left, for one
    /// of them may be of a group of the same name, which is one conversation to its reader.
    func closeGaps(before log: LogKey, _ session: Session, _ page: inout ReadPage) throws {
        guard !page.gaps.isEmpty else { return }
        let ended = page.gaps.filter { $0.key != log && session.follows[$0.key]?.until != nil }
        for (ended, _) in ended.sorted(by: { $0.value.from < $1.value.from }) {
            try closeGap(of: ended, session, &page)
        }
        try closeGap(of: log, session, &page)
    }

    /// The run of this log is over.
    func closeGap(of log: LogKey, _ session: Session, _ page: inout ReadPage) throws {
        guard let gap = page.takeGap(of: log) else { return }
        let tag = session.opens(.gap(log, gap), owedAtClaim: gap.owedAtClaim)
        let conversation = try directory.conversation(of: log)
        page.deliveries.append(
            Delivery(tag: tag, owed: .gap(conversation, count: gap.count, reason: gap.reason)))
    }

    func closeGaps(_ session: Session, _ page: inout ReadPage) throws {
        for log in page.gaps.sorted(by: { $0.value.from < $1.value.from }).map(\.key) {
            try closeGap(of: log, session, &page)
        }
    }
}
