/// How long what the store does of its own accord has kept commits waiting: one entry a slice, with its commit.
package struct Pauses: Sendable {
    /// What a slice was for.
    package enum Chore: String, CaseIterable, Sendable {
        case checkpoint, sweep, prune, retention, heads, backup
    }

    /// Each doubling of the time is told apart in so many steps: a share is exact to an eighth.
    private static let steps: UInt64 = 8

    private var counts: [Chore: [Int]] = [:]
    private var longest: [Chore: UInt64] = [:]

    mutating func note(_ chore: Chore, nanoseconds: UInt64) {
        counts[chore, default: Array(repeating: 0, count: 64 * Int(Self.steps))][Self.bucket(nanoseconds)] += 1
        longest[chore] = max(longest[chore] ?? 0, nanoseconds)
    }

    /// How many slices there were.
    package func count(_ chore: Chore) -> Int { counts[chore]?.reduce(0, +) ?? 0 }

    /// Milliseconds within which this share of the slices ended.
    package func milliseconds(_ chore: Chore, _ share: Double) -> Double {
        guard let counts = counts[chore], let longest = longest[chore] else { return 0 }
        let wanted = Double(counts.reduce(0, +)) * share
        var seen = 0
        for (bucket, count) in counts.enumerated() {
            seen += count
            if Double(seen) >= wanted { return Double(min(longest, Self.end(of: bucket))) / 1e6 }
        }
        return Double(longest) / 1e6
    }

    private static func bucket(_ nanoseconds: UInt64) -> Int {
        let doubling = 63 - max(steps, nanoseconds).leadingZeroBitCount
        return doubling * Int(steps) + Int(max(steps, nanoseconds) >> (doubling - 3) & (steps - 1))
    }

    private static func end(of bucket: Int) -> UInt64 {
        let (doubling, step) = bucket.quotientAndRemainder(dividingBy: Int(steps))
        return doubling < 3 ? steps : (steps + UInt64(step) + 1) << (doubling - 3)
    }
}
