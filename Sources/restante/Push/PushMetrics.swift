import CoreMetrics
import RestanteCore
import RestanteMetrics

/// Wake-ups as metrics: `docs/METRICS.md`.
struct PushMetrics: Sendable {
    private let ends: [PushProvider: CounterVector<WakeOutcomeLabel>]
    private let seconds: [PushProvider: Recorder]

    init(_ factory: PrometheusFactory) {
        var ends: [PushProvider: CounterVector<WakeOutcomeLabel>] = [:]
        var seconds: [PushProvider: Recorder] = [:]
        for provider in PushProvider.allCases {
            ends[provider] = CounterVector(.wakes, factory) { ["provider": provider.name, "outcome": $0] }
            seconds[provider] = Recorder(.wakeSeconds, factory, ["provider": provider.name])
        }
        (self.ends, self.seconds) = (ends, seconds)
    }

    func count(_ provider: PushProvider, _ outcome: WakeOutcome) { ends[provider]?.increment(outcome.label) }

    func time(_ provider: PushProvider, _ took: Duration) {
        seconds[provider]?.record(
            Double(took.components.seconds) + Double(took.components.attoseconds) / 1e18)
    }
}

enum WakeOutcomeLabel: Int, MetricLabel, CaseIterable {
    case sent, unregistered, refused, expired

    static let texts = allCases.map { "\($0)" }
    var index: Int { rawValue }
}

extension WakeOutcome {
    var label: WakeOutcomeLabel {
        switch self {
        case .sent: .sent
        case .unregistered: .unregistered
        case .refused: .refused
        case .expired: .expired
        }
    }

    var name: String { "\(label)" }
}
