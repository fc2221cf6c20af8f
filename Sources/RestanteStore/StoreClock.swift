import Glibc

/// Where the store takes its time from; tests bring their own.
public struct StoreClock: Sendable {
    /// Milliseconds since the epoch, UTC, as the machine has it: may step in both directions.
    public let now: @Sendable () -> Int64
    /// Milliseconds since the machine was started, its sleep included: never steps.
    public let sinceBoot: @Sendable () -> Int64
    /// Another one after each start of the machine; empty: it is not known, and no two are the same.
    public let bootID: @Sendable () -> String

    /// A clock that never steps: as much time has passed as it has moved.
    public init(now: @escaping @Sendable () -> Int64) {
        self.init(now: now, sinceBoot: now, bootID: { "one" })
    }

    public init(
        now: @escaping @Sendable () -> Int64, sinceBoot: @escaping @Sendable () -> Int64,
        bootID: @escaping @Sendable () -> String
    ) {
        self.now = now
        self.sinceBoot = sinceBoot
        self.bootID = bootID
    }

    /// The machine's clocks.
    public static let wall = StoreClock(
        now: { milliseconds(of: CLOCK_REALTIME) }, sinceBoot: { milliseconds(of: CLOCK_BOOTTIME) },
        bootID: readBootID)

    private static func milliseconds(of clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// proc_sys_kernel(5): `random/boot_id`.
    private static func readBootID() -> String {
        let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 36)
        let count = read(file, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}

/// Nanoseconds of a clock that only goes forward, for timers.
func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
