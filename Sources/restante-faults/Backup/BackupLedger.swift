/// What the child has said, a line each, in the order in which it happened.
struct BackupLedger {
    let seed: UInt64
    /// The number after the last that was handed over.
    private(set) var next = 1
    private(set) var accepted: Set<Int> = []
    private(set) var requested: Set<Int> = []
    private(set) var confirmed: Set<Int> = []
    private(set) var swept: Set<Int> = []

    // Of this round: as it was when the backup began and when it ended.
    private(set) var hasEnded = false
    private(set) var linesSinceBegin = 0
    private(set) var acceptedBefore: Set<Int> = []
    private(set) var confirmedBefore: Set<Int> = []
    private(set) var sweptBefore: Set<Int> = []
    /// Asked to be acknowledged before the backup ended: these may be in it, or not.
    private(set) var requestedMeanwhile: Set<Int> = []
    private(set) var acceptedAfter: Set<Int> = []
    private var hasBegun = false

    init(seed: UInt64) {
        self.seed = seed
    }

    mutating func beginRound() {
        (hasBegun, hasEnded, linesSinceBegin, acceptedAfter) = (false, false, 0, [])
    }

    mutating func take(_ line: Substring) throws {
        let words = line.split(separator: " ")
        let number = words.count > 1 ? Int(words[1]) ?? 0 : 0
        if hasBegun { linesSinceBegin += 1 }
        switch words.first {
        case "handed": next = max(next, number + 1)
        case "accepted":
            accepted.insert(number)
            if hasEnded { acceptedAfter.insert(number) }
        case "acknowledges":
            requested.insert(number)
            if !hasEnded { requestedMeanwhile.insert(number) }
        case "acknowledged": confirmed.insert(number)
        case "swept": swept = confirmed
        case "begins":
            hasBegun = true
            (acceptedBefore, confirmedBefore, sweptBefore) = (accepted, confirmed, swept)
            requestedMeanwhile = requested
        case "ended": hasEnded = true
        case "again": throw BackupBroken("\(number) came again after its acknowledgement")
        default: throw BackupBroken("the child said: \(line)")
        }
    }
}
