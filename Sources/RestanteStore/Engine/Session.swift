import DequeModule
import RestanteCore

/// What a tag stands for: what is done when it is acknowledged.
enum Obligation {
    case message(LogKey, LogMark, bytes: Int, receipt: ReceiptDue?)
    /// What a read found missing; it becomes a loss when it is acknowledged.
    case gap(LogKey, Gap)
    case loss(id: Int64)
    case receipts([Int64])

    var bytes: Int {
        if case .message(_, _, let bytes, _) = self { bytes } else { 0 }
    }
}

/// Whom to tell that a message has been received.
struct ReceiptDue {
    let sender: DeviceKey
    let message: MessageID
}

/// A delivery that has not been acknowledged.
struct OpenTag {
    let tag: UInt64
    let obligation: Obligation
    /// It was owed when the session was claimed, so `drained` waits for it.
    let owedAtClaim: Bool
    /// Up to where the read that made it looked past messages that need no delivery (own ones, tombstones).
    var passed: [(log: LogKey, mark: LogMark)] = []
}

/// Messages that a device was owed and will not get.
struct Loss {
    let id: Int64
    let log: LogKey
    /// The last of them: their place in the order.
    let through: Position
    let count: Int64
    let reason: LossReason
}

/// A log that a session's device follows.
struct Followed {
    /// Nothing up to here is owed to the session.
    var floor: Position
    /// Owed up to and including this; nil: to the end.
    var until: Position?
    /// The last place that was read, for the first reading after the claim: the next message counts one more, or
    /// something is missing. Nil: not known.
    var seen: LogMark?
}

/// The one reader of a device (P8), as the store sees it: its open tags, its place in the order, whether it is live.
///
/// Belongs to the store's thread.
final class Session {
    enum State {
        /// Reads by pages; new messages stay in their logs.
        case behind
        /// Nothing of its logs is unread: new messages go out as they are committed.
        case live
    }

    let id: SessionID
    let device: DeviceKey
    let address: DeviceAddress
    let generation: Int64
    /// `iat` of its token, in seconds since the epoch.
    var tokenIssuedAt: Int64
    /// The store's head when it was claimed: `drained` is about what was owed up to here.
    let claimedAt: Position

    private(set) var state = State.behind
    /// It has been live, so that what waited at the claim has been read.
    private(set) var hasCaughtUp = false
    /// The socket takes no more: a page that was asked for before does not make the session live.
    private var isPaused = false
    var follows: [LogKey: Followed]
    /// Everything up to here, in all logs, has been looked at.
    var readThrough: Position = 0
    var merge: LogMerge?
    var receiptsRead: Int64 = 0
    /// Gaps that the session was not told of yet, in order.
    var losses: [Loss]
    /// Losses that have what is on its way within them.
    var disputes: [Dispute] = []
    /// Own messages that were looked past and wait for no acknowledgement: cursors to move, late (``LateCursors``).
    private(set) var lookedPast: [LogKey: LogMark] = [:]
    var saidDrained = false
    /// When `devices.last_seen_at` was set for it, in milliseconds of the store's clock.
    var seenAt: Int64

    private(set) var open = Deque<OpenTag>()
    /// The most that were open since there was none.
    private var mostOpen = 0
    private(set) var openBytes = 0
    private(set) var lastTag: UInt64 = 0
    private var openOwedAtClaim = 0

    init(
        id: SessionID, device: DeviceKey, address: DeviceAddress, generation: Int64, tokenIssuedAt: Int64,
        claimedAt: Position, seenAt: Int64, cursors: [Cursor], losses: [Loss]
    ) {
        self.id = id
        self.device = device
        self.address = address
        self.generation = generation
        self.tokenIssuedAt = tokenIssuedAt
        self.claimedAt = claimedAt
        self.seenAt = seenAt
        follows = Dictionary(minimumCapacity: cursors.count)
        for cursor in cursors {
            follows[cursor.log] = Followed(floor: cursor.acked.seq, until: cursor.until, seen: cursor.acked)
        }
        self.losses = losses
    }

    /// It has acknowledged something.
    var hasAcknowledged: Bool { lastTag > UInt64(open.count) }

    /// The socket takes no more for now.
    func pause() {
        state = .behind
        isPaused = true
    }

    /// The next page is wanted.
    func resume() { isPaused = false }

    /// What comes next goes unread for now.
    func fallBehind() { state = .behind }

    /// All has been read. False: it was paused meanwhile and stays behind.
    func catchUp() -> Bool {
        if !isPaused { state = .live }
        hasCaughtUp = true
        return !isPaused
    }

    /// Gives out the next tag.
    func opens(_ obligation: Obligation, owedAtClaim: Bool) -> UInt64 {
        lastTag += 1
        open.append(OpenTag(tag: lastTag, obligation: obligation, owedAtClaim: owedAtClaim))
        openBytes += obligation.bytes
        mostOpen = max(mostOpen, open.count)
        if owedAtClaim { openOwedAtClaim += 1 }
        return lastTag
    }

    /// Takes the oldest open tag if it is covered by this acknowledgement.
    func closes(through tag: UInt64) -> OpenTag? {
        guard let first = open.first, first.tag <= tag else { return nil }
        open.removeFirst()
        openBytes -= first.obligation.bytes
        if first.owedAtClaim { openOwedAtClaim -= 1 }
        if open.isEmpty { letGo() }
        return first
    }

    /// A session that had a whole window open once does not hold on to the room for it while it is idle.
    private func letGo() {
        if mostOpen > 16 { open = Deque() }
        mostOpen = 0
    }

    /// Looks past a message that needs no delivery: with the newest open tag, whose acknowledgement is waited for. False:
    /// none is open.
    func passes(_ log: LogKey, _ mark: LogMark) -> Bool {
        guard let newest = open.indices.last else { return false }
        // Once a log, or a sender that acknowledges nothing could make the list grow for ever.
        if let index = open[newest].passed.lastIndex(where: { $0.log == log }) {
            open[newest].passed[index].mark = mark
        } else {
            open[newest].passed.append((log, mark))
        }
        return true
    }

    /// Everything of the log up to here is acknowledged, or needs no delivery.
    func looksPast(_ log: LogKey, _ mark: LogMark) { lookedPast[log] = mark }

    /// Takes how far the cursor of a log is to move.
    func takeLookedPast(_ log: LogKey) -> LogMark? {
        defer { if lookedPast.isEmpty { lookedPast = [:] } }
        return lookedPast.removeValue(forKey: log)
    }

    /// Whether one more delivery of this size fits the window; the first always does.
    ///
    /// - Parameter besides: places that are spoken for.
    func hasRoom(for bytes: Int, besides: Int = 0, _ limits: Limits) -> Bool {
        open.count + besides < limits.windowMessages && (open.isEmpty || openBytes + bytes <= limits.windowBytes)
    }

    /// It has not read all that was owed at the claim. What comes meanwhile and bears no position (receipts, gaps) counts as
    /// owed at the claim; what comes later does not, or a busy sender would never be `drained`.
    var isCatchingUp: Bool { readThrough < claimedAt }

    /// All that was owed at the claim has been read and acknowledged.
    var isDrained: Bool { !isCatchingUp && openOwedAtClaim == 0 }
}
