import RestanteCore

/// What a row of `push_targets` says of how a device was woken last.
struct WakeMark {
    /// Of `push_targets` and `devices`, in the order of ``init(_:head:)``.
    static let columns = "woken_through, woken_at, last_seen_at"

    /// Up to where, and when, a provider has taken a wake-up; 0: never.
    let through: Position
    let wokenAt: Int64
    /// When the device was here last.
    let seenAt: Int64

    init(_ row: borrowing Statement, head: Position) {
        // What is above every position there is, is not true.
        let through = row.int(0)
        self.through = (0...head).contains(through) ? through : 0
        wokenAt = row.int(1)
        seenAt = row.int(2)
    }
}
