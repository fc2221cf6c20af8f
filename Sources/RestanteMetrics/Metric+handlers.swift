public import CoreMetrics

// What is counted with, made once and kept. The factory knows the metric by its name.
extension Counter {
    public convenience init(
        _ metric: Metric, _ factory: any MetricsFactory, _ labels: KeyValuePairs<String, String> = [:]
    ) {
        precondition(metric.kind == .counter && labels.map(\.key) == metric.labels, "not as the catalogue has it")
        self.init(label: metric.name, dimensions: labels.map { ($0.key, $0.value) }, factory: factory)
    }
}

extension Meter {
    public convenience init(
        _ metric: Metric, _ factory: any MetricsFactory, _ labels: KeyValuePairs<String, String> = [:]
    ) {
        precondition(metric.kind == .gauge && labels.map(\.key) == metric.labels, "not as the catalogue has it")
        self.init(label: metric.name, dimensions: labels.map { ($0.key, $0.value) }, factory: factory)
    }
}

extension Recorder {
    /// A distribution.
    public convenience init(
        _ metric: Metric, _ factory: any MetricsFactory, _ labels: KeyValuePairs<String, String> = [:]
    ) {
        precondition(
            metric.kind.name == "histogram" && labels.map(\.key) == metric.labels, "not as the catalogue has it")
        self.init(
            label: metric.name, dimensions: labels.map { ($0.key, $0.value) }, aggregate: true, factory: factory)
    }
}
