/// A moment, by both clocks.
struct Time {
    /// Milliseconds since the epoch, UTC.
    var wall: Int64
    var uptime: Duration
}

extension PushClock {
    var now: Time { Time(wall: wall, uptime: uptime) }
}
