public import CoreMetrics
import Synchronization

/// Makes the handlers behind swift-metrics and shows all of them in Prometheus' text format.
///
/// Making one takes a lock and a look into a table; counting takes neither. So handlers are made at the start and kept.
/// What is in the catalogue has its help, buckets and checked labels from there; what a library brings is shown under its name,
/// with other characters replaced.
public final class PrometheusFactory: MetricsFactory {
    /// Label values may come from a library's requests: beyond so many a family takes no more of them.
    static let mostSeries = 1024
    /// Cells of one series; whoever asks after that shares the last.
    static let mostCells = 64

    private let catalogue: [String: Metric]
    private let state = Mutex(State())

    private struct State {
        var families: [String: Family] = [:]
        var gauges: [@Sendable () -> Void] = []
    }

    public init(catalogue: [Metric] = Metric.catalogue) {
        self.catalogue = Dictionary(uniqueKeysWithValues: catalogue.map { ($0.name, $0) })
    }

    /// Called before each ``text()``, to set gauges that are asked for and not told; on the thread that scrapes.
    public func beforeEachText(_ measure: @escaping @Sendable () -> Void) {
        state.withLock { $0.gauges.append(measure) }
    }

    /// Everything, in the text format 0.0.4.
    public func text() -> String {
        for measure in state.withLock({ $0.gauges }) { measure() }
        let families = state.withLock { $0.families.values.sorted { $0.metric.name < $1.metric.name } }
        return TextFormat.text(of: families)
    }

    // MARK: - MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        cell(label, .counter, dimensions) { $0.counter(among: Self.mostCells) } ?? NOOPMetricsHandler.instance
    }

    public func makeFloatingPointCounter(
        label: String, dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        cell(label, .counter, dimensions) { $0.floatingPointCounter(among: Self.mostCells) }
            ?? NOOPMetricsHandler.instance
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        cell(label, .gauge, dimensions) { $0.gauge(among: Self.mostCells) } ?? NOOPMetricsHandler.instance
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else {
            return cell(label, .gauge, dimensions) { $0.gauge(among: Self.mostCells) } ?? NOOPMetricsHandler.instance
        }
        return histogram(label, dimensions, Buckets.sizes) ?? NOOPMetricsHandler.instance
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, Buckets.seconds) ?? NOOPMetricsHandler.instance
    }

    // What was counted stays counted: a series that disappears looks like a restart.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    // MARK: - Families

    private func histogram(_ label: String, _ dimensions: [(String, String)], _ buckets: [Double]) -> HistogramCell? {
        cell(label, .histogram(buckets: buckets), dimensions) { $0.histogram(among: Self.mostCells) }
    }

    /// Nil: the family is of another kind, or full; then nothing is counted, and nothing else breaks.
    private func cell<Cell: Sendable>(
        _ label: String, _ kind: Metric.Kind, _ dimensions: [(String, String)], _ make: (inout Series) -> Cell
    ) -> Cell? {
        let metric = catalogue[label] ?? foreign(label, kind)
        guard metric.kind.name == kind.name else { return nil }
        let labels = LabelText(dimensions)
        return state.withLock { state in
            var family = state.families[metric.name] ?? Family(metric: metric)
            guard family.metric.kind == metric.kind else { return nil }
            let cell = family.change(labels, most: Self.mostSeries, make)
            state.families[metric.name] = family
            return cell
        }
    }

    private func foreign(_ label: String, _ kind: Metric.Kind) -> Metric {
        var name = MetricName.made(from: label)
        while name.hasSuffix("_total") { name.removeLast("_total".count) }
        if name.isEmpty { name = "_" }
        if kind == .counter { name += "_total" }
        return Metric(name, kind, "Of a library.")
    }
}

/// Bounds that do for most: durations in seconds, and sizes.
public enum Buckets {
    public static let seconds = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
    ]
    public static let sizes: [Double] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384]
}
