/// Prometheus' text format 0.0.4: https://prometheus.io/docs/instrumenting/exposition_formats/
public enum TextFormat {
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    static func text(of families: [Family]) -> String {
        var text = ""
        for family in families where !family.series.isEmpty {
            let name = family.metric.name
            text += "# HELP \(name) \(escaped(help: family.metric.help))\n# TYPE \(name) \(family.metric.kind.name)\n"
            for series in family.series { write(series, family.metric, to: &text) }
        }
        return text
    }

    private static func write(_ series: Series, _ metric: Metric, to text: inout String) {
        guard case .histogram = metric.kind else {
            text += "\(metric.name)\(series.labels.text()) \(number(series.value))\n"
            return
        }
        let (bounds, cumulative, sum) = series.distribution
        for (bound, count) in zip(bounds + [.infinity], cumulative) {
            text += "\(metric.name)_bucket\(series.labels.text(with: ("le", number(bound)))) \(count)\n"
        }
        text += "\(metric.name)_sum\(series.labels.text()) \(number(sum))\n"
        text += "\(metric.name)_count\(series.labels.text()) \(cumulative.last ?? 0)\n"
    }

    /// As Go's `ParseFloat` reads it; whole numbers without a point.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? String(value)
    }

    private static func escaped(help: String) -> String {
        help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }
}

/// The labels of a series as the format writes them, ready before anything is counted.
struct LabelText: Hashable, Sendable {
    /// `a="1",b="2"`, or nothing.
    private let pairs: String

    /// Sorted by name, so that the same labels in another order are the same series.
    init(_ labels: [(String, String)]) {
        pairs = labels.sorted { $0.0 < $1.0 }.map { name, value in Self.pair(Self.checked(name), value) }
            .joined(separator: ",")
    }

    func text(with extra: (String, String)? = nil) -> String {
        let all = [pairs.isEmpty ? nil : pairs, extra.map { Self.pair($0.0, $0.1) }].compactMap(\.self)
        return all.isEmpty ? "" : "{" + all.joined(separator: ",") + "}"
    }

    private static func checked(_ name: String) -> String {
        MetricName.isGoodLabel(name) ? name : "x_" + MetricName.made(from: name, besides: "_")
    }

    private static func pair(_ name: String, _ value: String) -> String {
        let value = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\(name)=\"\(value)\""
    }
}
