package import RestanteCore

/// How long what the store does of its own accord has kept commits waiting: one entry a slice, with its commit.
package struct Pauses: Sendable {
    /// What a slice was for.
    package typealias Chore = StoreChore

    /// Each doubling of the time is told apart in so many steps: a share is exact to an eighth.
    private static let steps: UInt64 = 8
    private static let buckets = 64 * Int(steps)

    private var counts: [Chore: [Int]] = [:]
    private var longest: [Chore: UInt64] = [:]

    mutating func note(_ chore: Chore, nanoseconds: UInt64) {
        counts[chore, default: Array(repeating: 0, count: Self.buckets)][Self.bucket(nanoseconds)] += 1
        longest[chore] = max(longest[chore] ?? 0, nanoseconds)
    }

    /// How many slices there were; nil: of all kinds.
    package func count(_ chore: Chore? = nil) -> Int { buckets(chore).reduce(0, +) }

    /// Milliseconds within which this share of the slices ended; nil: of all kinds.
    package func milliseconds(_ share: Double, of chore: Chore? = nil) -> Double {
        let buckets = buckets(chore)
        let longest = chore.map { self.longest[$0] ?? 0 } ?? self.longest.values.max() ?? 0
        let wanted = Double(buckets.reduce(0, +)) * share
        var seen = 0
        for (bucket, count) in buckets.enumerated() where count > 0 {
            seen += count
            if Double(seen) >= wanted { return Double(min(longest, Self.end(of: bucket))) / 1e6 }
        }
        return 0
    }

    private func buckets(_ chore: Chore?) -> [Int] {
        if let chore { return counts[chore] ?? [] }
        return counts.values.reduce(Array(repeating: 0, count: Self.buckets)) { sums, counts in
            zip(sums, counts).map { $0 + $1 }
        }
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
