import CoreMetrics
import Synchronization

/// One place that a distribution is gathered in: counts by fixed buckets, and the sum.
final class HistogramCell: RecorderHandler, TimerHandler {
    /// What has been gathered, not cumulative; the last count is of what lies beyond all bounds.
    struct Gathered {
        var counts: [Int64]
        var sum: Double
    }

    let bounds: [Double]
    private let counts: [Bucket]
    private let sum = AtomicDouble()

    private final class Bucket: Sendable {
        let count = Atomic<Int64>(0)
    }

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = (0...bounds.count).map { _ in Bucket() }
    }

    func record(_ value: Int64) { record(Double(value)) }

    /// A bucket holds what is at most its bound.
    func record(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        counts[bucket].count.add(1, ordering: .relaxed)
        sum.add(value)
    }

    /// Metrics are in base units: seconds.
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    var gathered: Gathered {
        Gathered(counts: counts.map { $0.count.load(ordering: .relaxed) }, sum: sum.value)
    }
}
