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
