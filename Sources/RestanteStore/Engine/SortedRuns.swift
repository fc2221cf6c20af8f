import HeapModule

/// Positions in their order, though they are gathered in another: each run is sorted as it comes and merged as it goes, since
/// to sort a quarter of a million at once takes 20 ms.
struct SortedRuns {
    /// A run's lowest position.
    private struct Head: Comparable {
        let seq: Position
        let run: Int

        static func < (one: Head, other: Head) -> Bool { one.seq < other.seq }
    }

    /// Each with the lowest last.
    private var runs: [[Position]] = []
    private var heads = Heap<Head>()
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func add(_ run: [Position]) {
        guard !run.isEmpty else { return }
        runs.append(run.sorted(by: >))
        count += run.count
        pushHead(of: runs.count - 1)
    }

    mutating func popLowest() -> Position? {
        guard let head = heads.popMin() else { return nil }
        runs[head.run].removeLast()
        count -= 1
        pushHead(of: head.run)
        if isEmpty { runs = [] }
        return head.seq
    }

    private mutating func pushHead(of run: Int) {
        if let seq = runs[run].last { heads.insert(Head(seq: seq, run: run)) }
    }
}
