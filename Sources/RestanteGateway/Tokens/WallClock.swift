import Glibc

/// The clock that tokens are judged by.
public enum WallClock {
    /// Seconds since the epoch, UTC.
    @Sendable public static func seconds() -> Int64 { Int64(time(nil)) }
}
