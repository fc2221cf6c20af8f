/// A metric family as `docs/METRICS.md` lists it: what it is called, what it counts, in which unit, by which labels.
public struct Metric: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        case counter
        case gauge
        /// Upper bounds of the buckets, ascending, in the unit of the name; `+Inf` is added.
        case histogram(buckets: [Double])

        /// As the `# TYPE` line has it.
        public var name: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// With its unit (base units only) and, for a counter, `_total`:
    /// https://prometheus.io/docs/practices/naming/
    public let name: String
    public let kind: Kind
    /// One line: the `# HELP` text.
    public let help: String
    /// Names of the labels; their values come from fixed lists, never from what a client says.
    public let labels: [String]

    public init(_ name: String, _ kind: Kind, _ help: String, labels: [String] = []) {
        precondition(MetricName.isGood(name) && labels.allSatisfy(MetricName.isGoodLabel), "no metric name: \(name)")
        precondition((kind == .counter) == name.hasSuffix("_total"), "a counter, and it alone, ends in _total: \(name)")
        self.name = name
        self.kind = kind
        self.help = help
        self.labels = labels
    }
}

extension Metric {
    public static func counter(_ name: String, _ help: String, labels: [String] = []) -> Metric {
        Metric(name, .counter, help, labels: labels)
    }

    public static func gauge(_ name: String, _ help: String, labels: [String] = []) -> Metric {
        Metric(name, .gauge, help, labels: labels)
    }

    public static func histogram(_ name: String, _ buckets: [Double], _ help: String, labels: [String] = []) -> Metric {
        Metric(name, .histogram(buckets: buckets), help, labels: labels)
    }
}

/// Which names may stand in the text format: https://prometheus.io/docs/concepts/data_model/
public enum MetricName {
    /// `[a-zA-Z_:][a-zA-Z0-9_:]*`
    static func isGood(_ name: String) -> Bool { isGood(name, besides: "_:") }

    /// `[a-zA-Z_][a-zA-Z0-9_]*`, and not `__…`, which is Prometheus' own, nor what a histogram writes itself.
    static func isGoodLabel(_ name: String) -> Bool {
        isGood(name, besides: "_") && !name.hasPrefix("__") && name != "le"
    }

    /// A name that a library gave, in the alphabet of the format: `http.server.requests` becomes `http_server_requests`.
    static func made(from label: String, besides: String = "_:") -> String {
        let name = String(label.map { isGood($0, besides) ? $0 : "_" })
        guard let first = name.first else { return "_" }
        return first.isNumber ? "_" + name : name
    }

    private static func isGood(_ name: String, besides: String) -> Bool {
        guard let first = name.first, !first.isNumber else { return false }
        return name.allSatisfy { isGood($0, besides) }
    }

    private static func isGood(_ character: Character, _ besides: String) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || besides.contains(character))
    }
}
