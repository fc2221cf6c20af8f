import Logging
import RestanteCore
import RestantePush

/// Wakes devices on behalf of a store, and tells it what became of each.
final class Pusher: DeviceWaker, Sendable {
    private let dispatcher: PushDispatcher
    private let senders: [any PushSender]
    /// What happened to the wake-ups of each device of late.
    let trace = WakeTrace()

    init(_ senders: [any PushSender], store: any MessageStore, metrics: PushMetrics, logger: Logger) {
        self.senders = senders
        dispatcher = PushDispatcher(
            senders: senders, sink: PushReport(store: store, metrics: metrics, trace: trace, logger: logger))
    }

    func wake(_ wakes: [Wake]) { dispatcher.dispatch(wakes) }

    func cancel(_ device: DeviceAddress) { dispatcher.cancel(device) }

    func forget(_ device: DeviceAddress) { dispatcher.forget(device) }

    /// Asks the provider once, now, whatever waits for the device; the store is told nothing.
    ///
    /// - Parameter isDryRun: whether nobody is to be woken.
    /// - Returns: nil if the provider has no dry run.
    func test(_ wake: Wake, isDryRun: Bool) async -> PushAnswer? {
        guard let sender = senders.first(where: { $0.provider == wake.target.provider }) else {
            return .refused(reason: "this server has no \(wake.target.provider.name)")
        }
        return isDryRun ? await sender.check(wake) : await sender.send(wake)
    }

    /// How much waits, by provider.
    var load: [PushProvider: PushLoad] { dispatcher.load }

    /// Drops what waits: the next process finds out from the store who is still to be woken.
    func shutdown() async { await dispatcher.shutdown() }
}

/// Brings what becomes of wake-ups to the store, the metrics, the trace and the log.
private struct PushReport: PushSink {
    let store: any MessageStore
    let metrics: PushMetrics
    let trace: WakeTrace
    let logger: Logger

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
        metrics.time(wake.target.provider, took)
        logger.debug(
            "provider answered",
            metadata: [
                "device": "\(wake.device)", "provider": "\(wake.target.provider.name)", "answer": "\(answer.text)",
                "seconds": "\(took.seconds)",
            ])
    }

    func alarm(_ provider: PushProvider, reason: String, of alarm: PushAlarm) {
        let metadata: Logger.Metadata = ["provider": "\(provider.name)", "reason": "\(reason)"]
        switch alarm {
        case .credentials:
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
