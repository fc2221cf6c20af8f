import CoreMetrics
import Testing

@testable import RestanteMetrics

@Suite struct TextFormatTests {
    private static let requests = Metric.counter("requests_total", "Requests\nby \\ code.", labels: ["code"])
    private static let seconds = Metric.histogram("took_seconds", [0.1, 1], "Time.")
    private static let open = Metric.gauge("open", "Open.")
    private let factory = PrometheusFactory(catalogue: [requests, seconds, open])

    @Test func aCounterHasItsLabelsEscaped() {
        Counter(Self.requests, factory, ["code": "a\"b\\c\nd"]).increment(by: 3)
        #expect(
            factory.text() == """
                # HELP requests_total Requests\\nby \\\\ code.
                # TYPE requests_total counter
                requests_total{code="a\\"b\\\\c\\nd"} 3

                """)
    }

    @Test func aHistogramIsCumulative() {
        let recorder = Recorder(Self.seconds, factory)
        for value in [0.0625, 0.1, 0.5, 7] { recorder.record(value) }
        #expect(
            factory.text() == """
                # HELP took_seconds Time.
                # TYPE took_seconds histogram
                took_seconds_bucket{le="0.1"} 2
                took_seconds_bucket{le="1"} 3
                took_seconds_bucket{le="+Inf"} 4
                took_seconds_sum 7.6625
                took_seconds_count 4

                """)
    }

    /// Each event loop has its own cells; they are one series.
    @Test func whatManyCountIsAddedUp() {
        for _ in 0..<100 {
            Counter(Self.requests, factory, ["code": "200"]).increment()
            Meter(Self.open, factory).increment()
        }
        let text = factory.text()
        #expect(text.contains("requests_total{code=\"200\"} 100\n"))
        #expect(text.contains("\nopen 100\n"))
    }

    @Test func manyThreadsLoseNothing() async {
        let counter = Counter(Self.requests, factory, ["code": "200"])
        let recorder = Recorder(Self.seconds, factory)
        await withTaskGroup { group in
            for _ in 0..<4 {
                group.addTask { @concurrent in
                    for _ in 0..<10_000 {
                        counter.increment()
                        recorder.record(0.5)
                    }
                }
            }
        }
        let text = factory.text()
        #expect(text.contains("requests_total{code=\"200\"} 40000\n"))
        #expect(text.contains("took_seconds_count 40000\n") && text.contains("took_seconds_sum 20000\n"))
    }

    @Test func whatALibraryBringsIsNamedByTheRules() {
        Counter(label: "http.server.requests", dimensions: [("http.method", "GET")], factory: factory).increment()
        Timer(label: "9lives", factory: factory).recordSeconds(1)
        let text = factory.text()
        #expect(text.contains("\nhttp_server_requests_total{x_http_method=\"GET\"} 1\n"), "\(text)")
        #expect(text.contains("\n_9lives_count 1\n"))
    }

    @Test func aFamilyOfAnotherKindAndTooManySeriesAreLeftOut() {
        Meter(label: "requests_total", factory: factory).increment()
        #expect(!factory.text().contains("requests_total"))
        for number in 0..<PrometheusFactory.mostSeries + 10 {
            Counter(Self.requests, factory, ["code": "\(number)"]).increment()
        }
        let lines = factory.text().split(separator: "\n").filter { $0.hasPrefix("requests_total{") }
        #expect(lines.count == PrometheusFactory.mostSeries)
    }

    @Test(arguments: ["", "9", "a-b", "ä", "a b"]) func badNamesAreRefused(name: String) {
        #expect(!MetricName.isGood(name))
    }

    @Test func numbersAreAsGoReadsThem() {
        #expect(
            [1, 0.5, 1e300, -.infinity, .infinity, .nan].map(TextFormat.number) == [
                "1", "0.5", "1e+300", "-Inf", "+Inf", "NaN",
            ])
    }
}
