import Logging
import RestanteCore
import RestantePush

/// Brings what becomes of wake-ups to the store, the metrics, the trace and the log.
struct PushReport: PushSink {
    let store: any MessageStore
    let metrics: PushMetrics
    let trace: WakeTrace
    let logger: Logger
    private let told = HourlyReasons()

    init(store: any MessageStore, metrics: PushMetrics, trace: WakeTrace, logger: Logger) {
        self.store = store
        self.metrics = metrics
        self.trace = trace
        self.logger = logger
    }

    func due(_ wake: Wake) { trace.due(wake) }

    func asked(_ wake: Wake, attempt: Int) { trace.asked(wake, attempt: attempt) }

    func connected(_ device: DeviceAddress, isCancelled: Bool) { trace.connected(device, isCancelled: isCancelled) }

    func ended(_ wake: Wake, _ outcome: WakeOutcome) {
        trace.ended(wake, outcome)
        metrics.count(wake.target.provider, outcome)
        logger.debug(
            "wake-up ended",
            metadata: [
                "device": "\(wake.device)", "provider": "\(wake.target.provider.name)", "outcome": "\(outcome.name)",
            ])
        store.enqueue([.woken(wake, outcome)])
    }

    func answered(_ wake: Wake, _ answer: PushAnswer, took: Duration) {
        trace.answered(wake, answer, took: took)
        metrics.count(wake.target.provider, answer, took: took)
        logger.debug(
            "provider answered",
            metadata: [
                "device": "\(wake.device)", "provider": "\(wake.target.provider.name)", "answer": "\(answer.text)",
                "seconds": "\(took.seconds)",
            ])
        warn(wake.target.provider, answer)
    }

    /// Of what an alarm does not tell, of the same once an hour: by default nobody would know otherwise that devices sleep on.
    private func warn(_ provider: PushProvider, _ answer: PushAnswer) {
        let (text, reason): (Logger.Message, String)
        switch answer {
        case .retry(_, let why, _):
            (text, reason) = ("a provider does not take wake-ups now: they are tried again", why)
        case .refused(let why, alarm: .none):
            (text, reason) = ("a provider has refused a wake-up: it is not tried again", why)
        case .taken, .unregistered, .refused: return
        }
        guard let reason = told.tell(reason, of: provider) else { return }
        logger.warning(text, metadata: ["provider": "\(provider.name)", "reason": "\(reason)"])
    }

    func alarm(_ provider: PushProvider, reason: String, of alarm: PushAlarm) {
        let metadata: Logger.Metadata = ["provider": "\(provider.name)", "reason": "\(reason)"]
        switch alarm {
        case .credentials:
            metrics.countAlarm(provider)
            logger.error("a provider refuses us: devices are not woken until that is put right", metadata: metadata)
        case .target:
            logger.warning("a device has registered a target that is not for our credentials", metadata: metadata)
        case .none: break
        }
    }
}

extension PushAnswer {
    /// As people read it; no token and no key is in it.
    var text: String {
        switch self {
        case .taken: "taken"
        case .unregistered: "the target is gone"
        case .retry(_, let reason, _): "not now: \(reason)"
        case .refused(let reason, _): "refused: \(reason)"
        }
    }
}
