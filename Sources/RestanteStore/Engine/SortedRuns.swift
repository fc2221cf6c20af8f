import HeapModule

/// Keys or positions in their order, though they are gathered in another: each run is sorted as it comes and merged as it goes,
/// since to sort a quarter of a million at once takes 20 ms.
struct SortedRuns {
    /// A run's lowest number.
    private struct Head: Comparable {
        let number: Int64
        let run: Int

        static func < (one: Head, other: Head) -> Bool { one.number < other.number }
    }

    /// Each with the lowest last.
    private var runs: [[Int64]] = []
    private var heads = Heap<Head>()
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func add(_ run: some Collection<Int64>) {
        guard !run.isEmpty else { return }
        runs.append(run.sorted(by: >))
        count += run.count
        pushHead(of: runs.count - 1)
    }

    mutating func popLowest() -> Int64? {
        guard let head = heads.popMin() else { return nil }
        runs[head.run].removeLast()
        count -= 1
        pushHead(of: head.run)
        if isEmpty { runs = [] }
        return head.number
    }

    private mutating func pushHead(of run: Int) {
        if let number = runs[run].last { heads.insert(Head(number: number, run: run)) }
    }
}
