public import CoreMetrics

/// The values of a label, all known before anything is counted: what a client says never becomes one.
public protocol MetricLabel: Sendable {
    /// Every value, in the order of ``index``.
    static var texts: [String] { get }
    var index: Int { get }
}

/// One counter for each value of a label. Counting is an index and an addition.
public struct CounterVector<Label: MetricLabel>: Sendable {
    private let counters: [Counter]

    /// - Parameter labels: those of the metric with the value at hand.
    public init(_ metric: Metric, _ factory: any MetricsFactory, labels: (String) -> KeyValuePairs<String, String>) {
        counters = Label.texts.map { Counter(metric, factory, labels($0)) }
    }

    public func increment(_ label: Label, by amount: Int = 1) { counters[label.index].increment(by: amount) }
}
