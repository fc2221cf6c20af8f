import NIOCore
import RestanteCore

/// A client of a storm: it receives, acknowledges and comes back. Bound to one event loop.
final class StormClient: LoadDevice {
    weak var world: StormWorld?
    private var session: UInt32 = 0
    private var mailbox = StormMailbox()
    private var failures = 0
    private(set) var hasReturned = false
    private(set) var hasDrained = false

    override func welcomed() {
        session += 1
        failures = 0
        world?.ramp?.succeeded()
        guard let world, world.phase != .before, !hasReturned else { return }
        hasReturned = true
        world.returned(self)
    }

    override func delivered(_ id: MessageID, tag: UInt64) {
        world?.ledger.deliver(id, to: number, session: session)
        mailbox.delivered(id, tag: tag)
    }

    override func acked(through: UInt64) {
        for id in mailbox.acked(through: through) { world?.ledger.forget(id) }
    }

    override func drained() {
        for id in mailbox.drained() { world?.ledger.settle(id) }
        guard let world, world.phase != .before, !hasDrained else { return }
        hasDrained = true
        world.drained(self)
    }

    override func disconnected(_ end: ConnectionEnd) {
        mailbox.disconnected(acknowledged: acknowledged)
        guard let world else { return }
        world.note(end)
        if let ramp = world.ramp {
            ramp.failed(number, end)
        } else if world.isPolite {
            failures += 1
            comeBack(in: Self.politeWait(end, failures: failures))
        } else if world.phase == .returning {
            comeBack(in: end.wait)
        }
    }

    private func comeBack(in time: TimeAmount) {
        connector.loop.assumeIsolated().scheduleTask(in: time) { [self] in connect() }
    }

    /// What RestanteClient does: as long as it was told, or else exponential with full jitter.
    private static func politeWait(_ end: ConnectionEnd, failures: Int) -> TimeAmount {
        switch end {
        case .closed(_, let wait?) where wait > 0: .milliseconds(Int64(wait))
        case .refused(_, let seconds?): .seconds(Int64(seconds))
        default: .milliseconds(.random(in: 0...min(30_000, 250 << Int64(min(failures - 1, 10)))))
        }
    }
}
