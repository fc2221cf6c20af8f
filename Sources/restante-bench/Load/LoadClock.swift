import NIOCore

/// Points in time that take four bytes: there is one for each message of a run.
enum LoadClock {
    /// Microseconds, which begin anew every 71 minutes.
    static var now: UInt32 { UInt32(truncatingIfNeeded: NIODeadline.now().uptimeNanoseconds / 1000) }

    static func since(_ then: UInt32) -> TimeAmount { .microseconds(Int64(now &- then)) }
}
