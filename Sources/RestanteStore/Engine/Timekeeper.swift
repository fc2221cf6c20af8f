import FoundationEssentials
import RestanteCore

/// The store's clock: it follows the wall clock while that is plausible, and runs on by itself when it is not.
///
/// Plausible is what lies within 24 h of the mark plus the time that has passed since. What has passed is known within
/// one boot of the machine; after another boot it is at least the time since then. Belongs to the store's thread. Times
/// are milliseconds.
struct Timekeeper {
    /// So far may the wall clock be from what was expected.
    static let tolerance: Int64 = 24 * 3600 * 1000
    /// So long must a wall clock that is not believed agree with itself.
    static let agreement: Int64 = 24 * 3600 * 1000
    /// What a clock that agrees with itself may be put right by meanwhile.
    static let adjustment: Int64 = 5 * 60 * 1000
    /// 2026-01-01: an earlier time is that of a machine that has not been told the time yet.
    static let plausible: Int64 = 1_767_225_600_000
    static let markEvery: Int64 = 60_000

    /// A time, and how long the machine had been up then.
    struct Instant: Codable, Equatable {
        var time: Int64
        var sinceBoot: Int64
    }

    /// A wall clock that is not believed: since when it has said the same.
    struct Doubt: Codable, Equatable {
        /// Wall clock less time since boot.
        var offset: Int64
        var since: Int64
    }

    private let clock: StoreClock
    private let bootID: String
    /// How long what was stored may be remembered: for so long a change of the clock matters.
    private let memory: Int64
    /// What the wall clock is measured by; renewed at most once in 24 h, so that small steps do not add up unseen.
    private var base: Instant
    /// The last reading.
    private var last: Instant
    /// What the wall clock said then.
    private var wall: Int64
    /// Where the store's clock was when the wall clock fell behind it: it goes at half the pace until that has caught up.
    private var ahead: Instant?
    private var doubt: Doubt?
    /// After another boot, until the wall clock is believed: how long the machine was off is not known.
    private var isGapUnknown = false
    /// How far the clock was put forward although that time had not passed, and for how long that matters.
    private var lag: Int64
    private var lagUntil: Int64
    private var markedAt: Int64?
    private var notices: [StoreNotice] = []
    /// The latest time that was ever given out.
    private(set) var highest: Int64
    /// The clock was set anew, and whoever remembers times has not looked at them again.
    var wasSet = false

    /// - Parameters:
    ///   - mark: what an earlier process left; nil: the first start, which has nothing to go by.
    ///   - memory: how long what was stored may be remembered.
    init(_ clock: StoreClock, mark: Mark?, memory: Int64) {
        self.clock = clock
        self.memory = memory
        bootID = clock.bootID()
        lag = mark?.lag ?? 0
        lagUntil = mark?.lagUntil ?? 0
        guard let mark else {
            base = Instant(time: clock.now(), sinceBoot: clock.sinceBoot())
            last = base
            wall = base.time
            highest = base.time
            return
        }
        let isSameBoot = !bootID.isEmpty && mark.bootID == bootID && mark.at.sinceBoot <= clock.sinceBoot()
        isGapUnknown = !isSameBoot
        base = isSameBoot ? mark.at : Instant(time: mark.at.time, sinceBoot: 0)
        last = base
        wall = base.time
        highest = mark.highest
        if isSameBoot { doubt = mark.doubt }
        _ = read()
    }

    /// What the store goes by. Never less than before, unless the clock has been confirmed or has agreed with itself.
    mutating func read() -> Int64 {
        let reading = reading
        wall = reading.time
        let offset = reading.time - reading.sinceBoot
        if abs(offset - (base.time - base.sinceBoot)) <= Self.tolerance {
            if doubt != nil { believe() }
            follow(reading)
        } else if last.time < Self.plausible, reading.time >= Self.plausible {
            adopt()
        } else {
            runOn(reading, offset)
        }
        highest = max(highest, last.time)
        return last.time
    }

    /// False: the wall clock is not believed, and nothing may expire, be unlinked or be pruned by a new time.
    var mayForget: Bool { doubt == nil }

    /// By which that is judged what was stored before: as much time has passed by it as has passed, or less.
    mutating func readForAge() -> Int64 {
        let now = read()
        if lag > 0, now >= lagUntil { lag = 0 }
        return now - lag
    }

    /// The same as of the last reading: for each of many rows.
    var lastForAge: Int64 { last.time - lag }

    /// Both clocks, and why they differ.
    mutating func report() -> ClockReport {
        let store = read()
        return ClockReport(wall: clock.now(), store: store, held: doubt.map(why))
    }

    /// Of the last reading: a batch reads the clocks once, and not for each of its messages.
    var lastTime: Int64 { last.time }

    /// What the machine's clock says, believed or not: for times that others are told, or tell.
    var wallTime: Int64 { clock.now() }

    /// The later of both clocks, of the last reading.
    var latest: Int64 { max(last.time, wall) }

    /// Whether a clock that was doubted has agreed with itself for long enough.
    var hasAgreed: Bool { doubt.map { last.sinceBoot - $0.since >= Self.agreement } ?? false }

    /// Goes by the wall clock from here on, in whichever direction.
    mutating func adopt() {
        let reading = reading
        let here = last.time + reading.sinceBoot - last.sinceBoot
        // After another boot the time may really have passed, unless it was no time.
        if !isGapUnknown || here < Self.plausible { lag = max(0, lag + reading.time - here) }
        lagUntil = reading.time + memory
        base = reading
        last = reading
        ahead = nil
        doubt = nil
        isGapUnknown = false
        markedAt = nil
        wasSet = true
        notices.append(
            StoreNotice(.warning, "the store's clock was \(here.utc) and is set to the wall clock, \(reading.time.utc)")
        )
    }

    mutating func takeNotices() -> [StoreNotice] {
        defer { notices = [] }
        return notices
    }

    // MARK: Mark

    /// What the next process goes by.
    struct Mark: Codable, Equatable {
        var at: Instant
        var bootID: String
        var highest: Int64
        var doubt: Doubt?
        var lag: Int64
        var lagUntil: Int64
    }

    /// The last one is a minute old, or something has happened since.
    var isMarkDue: Bool { markedAt.map { last.sinceBoot - $0 >= Self.markEvery } ?? true }

    /// To be written in the transaction at hand.
    mutating func mark() -> Mark {
        markedAt = last.sinceBoot
        return Mark(at: last, bootID: bootID, highest: highest, doubt: doubt, lag: lag, lagUntil: lagUntil)
    }

    // MARK: Steps

    private var reading: Instant {
        Instant(time: clock.now(), sinceBoot: max(last.sinceBoot, clock.sinceBoot()))
    }

    private mutating func follow(_ reading: Instant) {
        isGapUnknown = false
        if reading.time >= last.time {
            ahead = nil
            last = reading
        } else {
            let from = ahead ?? last
            ahead = from
            let slow = from.time + (reading.sinceBoot - from.sinceBoot) / 2
            last = Instant(time: max(last.time, slow), sinceBoot: reading.sinceBoot)
        }
        if reading.sinceBoot - base.sinceBoot >= Self.tolerance { base = reading }
    }

    private mutating func runOn(_ reading: Instant, _ offset: Int64) {
        last = Instant(time: last.time + reading.sinceBoot - last.sinceBoot, sinceBoot: reading.sinceBoot)
        ahead = nil
        if let doubt, abs(doubt.offset - offset) <= Self.adjustment { return }
        let isNew = doubt == nil
        let found = Doubt(offset: offset, since: reading.sinceBoot)
        doubt = found
        markedAt = nil
        guard isNew else { return }
        base = last
        notices.append(StoreNotice(.warning, why(found)))
    }

    private mutating func believe() {
        doubt = nil
        markedAt = nil
        notices.append(StoreNotice(.info, "the wall clock is near the store's clock again, which follows it"))
    }

    private func why(_ doubt: Doubt) -> String {
        "the wall clock says \((doubt.offset + last.sinceBoot).utc), more than 24 hours from the store's clock,"
            + " \(last.time.utc), which runs on by itself. Until that is settled nothing expires, no device is"
            + " unlinked for being idle, and no message id is forgotten by its age. If the wall clock is right, run"
            + " `restante clock confirm`; otherwise put it right. A wall clock that agrees with itself for 24 hours is"
            + " believed."
    }
}

extension Int64 {
    /// Milliseconds since the epoch, as people read them.
    fileprivate var utc: String { Date(timeIntervalSince1970: Double(self) / 1000).ISO8601Format() }
}
