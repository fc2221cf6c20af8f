import Logging
import NIOCore
import RestanteCore

/// Takes a commit's events on the store's thread and brings them to their event loops: one hop a loop a batch.
final class Dispatcher: StoreSink {
    private let tables: [SessionTable]
    private let calls: CallRegistry
    /// Nil: nobody is woken.
    private let waker: (any DeviceWaker)?
    private let metrics: StoreMetrics
    private let logger: Logger
    private let failed: @Sendable (any Error) -> Void

    init(
        tables: [SessionTable], calls: CallRegistry, waker: (any DeviceWaker)?, metrics: StoreMetrics, logger: Logger,
        failed: @escaping @Sendable (any Error) -> Void
    ) {
        self.tables = tables
        self.calls = calls
        self.waker = waker
        self.metrics = metrics
        self.logger = logger
        self.failed = failed
    }

    func store(committed events: [StoreEvent]) {
        var batches = [[LoopEvent]](repeating: [], count: tables.count)
        for event in events { sort(event, into: &batches) }
        for (table, batch) in zip(tables, batches) where !batch.isEmpty {
            table.eventLoop.execute { table.deliver(batch) }
        }
    }

    func storeHasRoom() {
        for table in tables {
            table.eventLoop.execute { table.resume() }
        }
    }

    func store(failed error: any Error) { failed(error) }

    func store(wakes: [Wake]) { waker?.wake(wakes) }

    func store(unwoken devices: [DeviceAddress]) { for device in devices { waker?.forget(device) } }

    func store(measured measure: StoreMeasure) { metrics.take(measure) }

    func store(noticed notice: StoreNotice) {
        metrics.noticed(notice.level)
        logger.log(level: notice.level == .warning ? .warning : .info, "\(notice.message)")
    }

    private func sort(_ event: StoreEvent, into batches: inout [[LoopEvent]]) {
        func add(_ session: SessionID, _ event: SessionEvent) {
            batches[SessionTable.index(of: session)].append(.session(session, event))
        }
        switch event {
        case .claimed(let session, let claimed):
            waker?.cancel(claimed.address)
            add(session, .claimed(claimed))
        case .claimRefused(let session, let refusal): add(session, .claimRefused(refusal))
        case .ended(let session, let end): add(session, .ended(end))
        case .page(let session, let deliveries, let more): add(session, .page(deliveries, more: more))
        case .behind(let session): add(session, .behind)
        case .acknowledged(let session, let through): add(session, .acknowledged(through: through))
        case .acknowledgedUnknown(let session): add(session, .acknowledgedUnknown)
        case .drained(let session): add(session, .drained)
        case .sent(let id, let outcome, .session(let session)): add(session, .sent(id, outcome))
        case .sent(_, let outcome, .service(let call, _, _)), .sent(_, let outcome, .operators(let call)):
            calls.answer(call, .sent(outcome))
        case .replied(let result, let id, .session(let session)): add(session, .replied(result, id: id))
        case .replied(let result, _, .service(let call, _, _)), .replied(let result, _, .operators(let call)):
            calls.answer(call, .replied(result))
        case .live(let message, let readers) where readers.count == 1:
            add(readers[0].session, .live(message, tag: readers[0].tag))
        case .live(let message, let readers): sort(message, readers, into: &batches)
        case .relay(let message, let sessions): sort(message, sessions, into: &batches)
        }
    }

    private func sort(_ message: Message, _ readers: [LiveReader], into batches: inout [[LoopEvent]]) {
        for (index, group) in grouped(readers, by: { $0.session }) where !group.isEmpty {
            batches[index].append(.live(message, group))
        }
    }

    private func sort(_ message: Message, _ sessions: [SessionID], into batches: inout [[LoopEvent]]) {
        for (index, group) in grouped(sessions, by: { $0 }) where !group.isEmpty {
            batches[index].append(.relay(message, group))
        }
    }

    private func grouped<Reader>(
        _ readers: [Reader], by session: (Reader) -> SessionID
    ) -> EnumeratedSequence<[[Reader]]> {
        var groups = [[Reader]](repeating: [], count: tables.count)
        for reader in readers { groups[SessionTable.index(of: session(reader))].append(reader) }
        return groups.enumerated()
    }
}
