import Foundation
import Glibc

/// Reads what a process has used of the machine so far; the difference of two readings is what lay between them.
struct CostMeter: Sendable {
    private let process: pid_t
    private let counts: CountsFile?

    /// - Parameters:
    ///   - process: of this user; one that is gone reads as zero.
    ///   - counts: what the ``CallCounter`` counts in it; without, costs have no ``Costs/calls``.
    init(process: pid_t, counts: CountsFile?) {
        (self.process, self.counts) = (process, counts)
    }

    /// Since the process began; the wall's seconds since some moment.
    func read() -> Costs {
        Costs(
            wallSeconds: Self.seconds(of: CLOCK_MONOTONIC), cpuSeconds: cpuSeconds, diskBytes: diskBytes,
            calls: counts?.calls)
    }

    /// What `body` costs.
    func measure(_ body: () async throws -> Void) async throws -> Costs {
        let before = read()
        try await body()
        return read() - before
    }

    private var cpuSeconds: Double {
        var clock = clockid_t()
        return clock_getcpuclockid(process, &clock) == 0 ? Self.seconds(of: clock) : 0
    }

    /// `write_bytes` of proc(5): pages that were made dirty, less those that were cut off before they reached the disk.
    private var diskBytes: Int64 {
        let text = (try? String(contentsOfFile: "/proc/\(process)/io", encoding: .utf8)) ?? ""
        func value(_ key: String) -> Int64 {
            let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
            return line.flatMap { Int64($0.dropFirst(key.count)) } ?? 0
        }
        return value("write_bytes: ") - value("cancelled_write_bytes: ")
    }

    private static func seconds(of clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
}
