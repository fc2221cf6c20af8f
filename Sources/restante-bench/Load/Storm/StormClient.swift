import NIOCore
import RestanteCore

/// A client of a storm: it receives, acknowledges and comes back. Bound to one event loop.
final class StormClient: LoadDevice {
    weak var world: StormWorld?
    private var session: UInt32 = 0
    /// What came on this connection and is not acknowledged for good.
    private var open: [(tag: UInt64, id: MessageID)] = []
    private var failures = 0
    private(set) var hasReturned = false
    private(set) var hasDrained = false

    override func welcomed() {
        session += 1
        open.removeAll()
        failures = 0
        world?.ramp?.succeeded()
        guard let world, world.phase != .before, !hasReturned else { return }
        hasReturned = true
        world.returned(self)
    }

    override func delivered(_ id: MessageID, tag: UInt64) {
        world?.ledger.deliver(id, to: number, session: session)
        open.append((tag, id))
    }

    override func acked(through: UInt64) {
        let count = open.prefix { $0.tag <= through }.count
        for (_, id) in open.prefix(count) { world?.ledger.forget(id) }
        open.removeFirst(count)
    }

    override func drained() {
        guard let world, world.phase != .before, !hasDrained else { return }
        hasDrained = true
        world.drained(self)
    }

    override func disconnected(_ end: ConnectionEnd) {
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
