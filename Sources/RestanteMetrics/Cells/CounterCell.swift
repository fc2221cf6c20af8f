import CoreMetrics
import Synchronization

/// One place that a counter is counted in. A series may have several, one for each that asked for it: each event loop adds
/// to its own cache line, and reading adds them up.
final class CounterCell: CounterHandler {
    private let count = Atomic<Int64>(0)

    /// One relaxed addition: what is read at a scrape need not be in step with other metrics.
    func increment(by amount: Int64) { count.add(amount, ordering: .relaxed) }

    func reset() { count.store(0, ordering: .relaxed) }

    var value: Double { Double(count.load(ordering: .relaxed)) }
}

/// The same for what is not counted in whole numbers.
final class FloatingPointCounterCell: FloatingPointCounterHandler {
    private let sum = AtomicDouble()

    func increment(by amount: Double) { sum.add(amount) }
    func reset() { sum.set(0) }
    var value: Double { sum.value }
}
