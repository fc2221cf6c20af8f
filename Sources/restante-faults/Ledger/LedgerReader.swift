import RestanteClient
import RestanteCore

/// What a device knows of one message.
struct LedgerMarks: OptionSet {
    let rawValue: UInt8
    /// It came.
    static let delivered = LedgerMarks(rawValue: 1)
    /// The device acknowledged it: the server may have forgotten it.
    static let requested = LedgerMarks(rawValue: 2)
    /// The server said that it has forgotten it: it must not come again (P3).
    static let confirmed = LedgerMarks(rawValue: 4)
}

/// A gap that a device was told of.
struct LedgerGap: Hashable {
    var conversation: Conversation
    var reason: LossReason
}

/// A message that somebody has received.
struct LedgerReceipt: Hashable {
    var number: Int
    var reader: UserName
}

/// One device's page of the book.
struct LedgerReader {
    let address: DeviceAddress
    /// Linked before anything was sent, and never unlinked.
    let isPermanent: Bool
    /// The server said that it is linked no more.
    var isUnlinked = false
    private var marks: [UInt8] = []
    /// Messages in the order in which they came; -1: a connection ends.
    private(set) var order: [Int32] = []
    /// Gaps told and acknowledged for good, and those of which that is not known.
    var gaps: [LedgerGap: Int64] = [:]
    var unsureGaps: [LedgerGap: Int64] = [:]
    var receipts: Set<LedgerReceipt> = []
    var confirmedReceipts: Set<LedgerReceipt> = []
    /// Sent, and without an answer.
    var unanswered: Set<Int> = []
    var accepted: [Int] = []

    init(_ address: DeviceAddress, isPermanent: Bool) {
        self.address = address
        self.isPermanent = isPermanent
    }

    func marks(_ number: Int) -> LedgerMarks {
        number < marks.count ? LedgerMarks(rawValue: marks[number]) : []
    }

    mutating func mark(_ number: Int, _ mark: LedgerMarks) {
        while marks.count <= number { marks.append(0) }
        marks[number] |= mark.rawValue
    }

    mutating func came(inOrder numbers: [Int32]) {
        if !numbers.isEmpty { order += numbers + [-1] }
    }
}

/// One client of a device, over its reconnects.
struct LedgerSession {
    enum Open {
        case message(Int)
        case gap(LedgerGap, Int64)
        case receipts([LedgerReceipt])
        case undelivered
    }

    let reader: Int
    /// Nothing that was confirmed before this tick may come.
    let begunAt: Int
    var connection: UInt64 = 0
    var isWelcomed = false
    var open: [(tag: UInt64, what: Open)] = []
    /// Messages of this connection, in their order.
    var order: [Int32] = []
    var seen: Set<Int> = []
    var last: DeliveryToken?
    var requestedThrough: UInt64 = 0
    /// A newer session of the device was welcomed while this connection was open: from then on it is nobody (P8).
    var isSucceeded = false
    var firstLateTag: UInt64?
    var isDrained = false
    var isOver = false

    /// What belongs to one connection begins anew.
    mutating func reset() {
        (open, order, seen, last, requestedThrough) = ([], [], [], nil, 0)
        (isSucceeded, firstLateTag, isWelcomed) = (false, nil, false)
    }
}
