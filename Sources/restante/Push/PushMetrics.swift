import CoreMetrics
import RestanteCore
import RestanteMetrics
import RestantePush

/// Wake-ups as metrics: `docs/METRICS.md`.
struct PushMetrics: Sendable {
    private let ends: [PushProvider: CounterVector<WakeOutcomeLabel>]
    private let requests: [PushProvider: CounterVector<PushAnswerLabel>]
    private let alarms: [PushProvider: Counter]
    private let seconds: [PushProvider: Recorder]
    private let pending: [PushProvider: Pending]

    private struct Pending: Sendable {
        let waiting: Meter
        let delayed: Meter
        let sending: Meter

        init(_ provider: PushProvider, _ factory: PrometheusFactory) {
            func meter(_ state: String) -> Meter {
                Meter(.wakesPending, factory, ["provider": provider.name, "state": state])
            }
            (waiting, delayed, sending) = (meter("waiting"), meter("delayed"), meter("sending"))
        }
    }

    init(_ factory: PrometheusFactory) {
        var ends: [PushProvider: CounterVector<WakeOutcomeLabel>] = [:]
        var requests: [PushProvider: CounterVector<PushAnswerLabel>] = [:]
        var alarms: [PushProvider: Counter] = [:]
        var seconds: [PushProvider: Recorder] = [:]
        var pending: [PushProvider: Pending] = [:]
        for provider in PushProvider.allCases {
            ends[provider] = CounterVector(.wakes, factory) { ["provider": provider.name, "outcome": $0] }
            requests[provider] = CounterVector(.wakeRequests, factory) { ["provider": provider.name, "answer": $0] }
            alarms[provider] = Counter(.wakeAlarms, factory, ["provider": provider.name])
            seconds[provider] = Recorder(.wakeSeconds, factory, ["provider": provider.name])
            pending[provider] = Pending(provider, factory)
        }
        (self.ends, self.requests, self.alarms) = (ends, requests, alarms)
        (self.seconds, self.pending) = (seconds, pending)
    }

    func count(_ provider: PushProvider, _ outcome: WakeOutcome) { ends[provider]?.increment(outcome.label) }

    /// A provider was asked.
    func count(_ provider: PushProvider, _ answer: PushAnswer, took: Duration) {
        requests[provider]?.increment(answer.label)
        seconds[provider]?.record(took.seconds)
    }

    /// An operator was told.
    func countAlarm(_ provider: PushProvider) { alarms[provider]?.increment() }

    /// Tells how much waits; of a provider that is not in `load` nothing does.
    func measure(_ load: [PushProvider: PushLoad]) {
        for (provider, meters) in pending {
            let load = load[provider]
            meters.waiting.set(load?.waiting ?? 0)
            meters.delayed.set(load?.delayed ?? 0)
            meters.sending.set(load?.sending ?? 0)
        }
    }
}

enum PushAnswerLabel: Int, MetricLabel, CaseIterable {
    case taken, unregistered, refused, retry

    static let texts = allCases.map { "\($0)" }
    var index: Int { rawValue }
}

extension PushAnswer {
    var label: PushAnswerLabel {
        switch self {
        case .taken: .taken
        case .unregistered: .unregistered
        case .refused: .refused
        case .retry: .retry
        }
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
