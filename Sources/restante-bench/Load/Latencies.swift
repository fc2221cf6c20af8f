import NIOCore

/// Times that something took.
struct Latencies {
    private var microseconds: [UInt32] = []

    mutating func add(_ time: TimeAmount) { microseconds.append(UInt32(clamping: time.nanoseconds / 1000)) }

    mutating func add(_ others: Latencies) { microseconds += others.microseconds }

    /// Percentiles of what was added.
    var summary: Summary {
        let sorted = microseconds.sorted()
        let at = { (part: Double) in sorted.isEmpty ? 0 : Double(sorted[Int(Double(sorted.count - 1) * part)]) / 1000 }
        return Summary(count: sorted.count, p50: at(0.5), p99: at(0.99), p999: at(0.999), longest: at(1))
    }

    /// Milliseconds.
    struct Summary: Sendable, Encodable, CustomStringConvertible {
        var count: Int
        var p50, p99, p999, longest: Double

        var description: String {
            "p50 \(p50.short) ms, p99 \(p99.short) ms, p99.9 \(p999.short) ms, longest \(longest.short) ms (\(count))"
        }
    }
}

extension Double {
    /// With two digits after the point.
    var short: String { "\((self * 100).rounded() / 100)" }
}
