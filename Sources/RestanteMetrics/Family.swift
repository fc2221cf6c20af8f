/// All series of one metric.
struct Family {
    let metric: Metric
    /// In the order in which they were first asked for.
    private(set) var series: [Series] = []
    private var indices: [LabelText: Int] = [:]

    init(metric: Metric) { self.metric = metric }

    /// Changes the series with these labels; makes it unless there are too many. Nil: there are.
    mutating func change<Result>(_ labels: LabelText, most: Int, _ body: (inout Series) -> Result) -> Result? {
        if let index = indices[labels] { return body(&series[index]) }
        guard series.count < most else { return nil }
        indices[labels] = series.count
        series.append(Series(labels: labels, kind: metric.kind))
        return body(&series[series.count - 1])
    }
}

/// One combination of label values, and where it is counted.
struct Series {
    let labels: LabelText
    private let bounds: [Double]
    private var counters: [CounterCell] = []
    private var floatingPointCounters: [FloatingPointCounterCell] = []
    private var gauges: [GaugeCell] = []
    private var histograms: [HistogramCell] = []

    init(labels: LabelText, kind: Metric.Kind) {
        self.labels = labels
        bounds = if case .histogram(let buckets) = kind { buckets } else { [] }
    }

    mutating func counter(among most: Int) -> CounterCell { Self.cell(&counters, most) { CounterCell() } }

    mutating func floatingPointCounter(among most: Int) -> FloatingPointCounterCell {
        Self.cell(&floatingPointCounters, most) { FloatingPointCounterCell() }
    }

    mutating func gauge(among most: Int) -> GaugeCell { Self.cell(&gauges, most) { GaugeCell() } }

    mutating func histogram(among most: Int) -> HistogramCell {
        let bounds = bounds
        return Self.cell(&histograms, most) { HistogramCell(bounds: bounds) }
    }

    /// Of a counter or gauge.
    var value: Double {
        counters.reduce(0) { $0 + $1.value } + floatingPointCounters.reduce(0) { $0 + $1.value }
            + gauges.reduce(0) { $0 + $1.value }
    }

    /// Of a histogram: for each bound how many were at most that, the last for all; and the sum.
    var distribution: (bounds: [Double], cumulative: [Int64], sum: Double) {
        var counts = [Int64](repeating: 0, count: bounds.count + 1)
        var sum = 0.0
        for cell in histograms.map(\.gathered) {
            for (index, count) in cell.counts.enumerated() { counts[index] += count }
            sum += cell.sum
        }
        for index in counts.indices.dropFirst() { counts[index] += counts[index - 1] }
        return (bounds, counts, sum)
    }

    private static func cell<Cell>(_ cells: inout [Cell], _ most: Int, _ make: () -> Cell) -> Cell {
        if cells.count >= most, let last = cells.last { return last }
        let cell = make()
        cells.append(cell)
        return cell
    }
}
