import CoreMetrics

/// One place that a gauge is kept in. Cells of one series are added up: each event loop counts its own connections.
final class GaugeCell: MeterHandler, RecorderHandler {
    private let number = AtomicDouble()

    func set(_ value: Int64) { number.set(Double(value)) }
    func set(_ value: Double) { number.set(value) }
    func increment(by amount: Double) { number.add(amount) }
    func decrement(by amount: Double) { number.add(-amount) }

    // A recorder that does not aggregate is a gauge.
    func record(_ value: Int64) { number.set(Double(value)) }
    func record(_ value: Double) { number.set(value) }

    var value: Double { number.value }
}
