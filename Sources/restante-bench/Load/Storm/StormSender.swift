import NIOCore
import RestanteCore

/// Sends to the clients of a storm, and sends again what has no answer. Bound to one event loop.
final class StormSender: LoadDevice {
    weak var world: StormWorld?
    /// Without an answer, with the frame to send again.
    private var unanswered: [MessageID: ByteBuffer] = [:]
    /// What it has still to send of its own accord, one after the other; nil: nothing.
    private var plan: Range<Int>?
    private var window = 0

    var isIdle: Bool { unanswered.isEmpty && plan == nil }

    /// Sends one message to each recipient that `plan` counts, with so many on their way.
    func send(_ plan: Range<Int>, window: Int) {
        self.plan = plan
        self.window = window
        sendNext()
        connection?.flush()
    }

    func send(to recipient: Int) {
        guard let world else { return }
        let id = world.ledger.send(to: recipient)
        let frame = world.template.frame(id, to: recipient)
        unanswered[id] = frame
        connection?.write(frame)
    }

    override func welcomed() {
        world?.senderRamp?.succeeded()
        for frame in unanswered.values { connection?.write(frame) }
    }

    override func accepted(_ id: MessageID) {
        guard unanswered.removeValue(forKey: id) != nil else { return }
        world?.ledger.accept(id)
        sendNext()
    }

    /// Refused for now: the same again, as the protocol says.
    override func rejected(_ id: MessageID, code: UInt64) {
        world?.rejected += 1
        connector.loop.assumeIsolated().scheduleTask(in: .milliseconds(500)) { [self] in
            guard let frame = unanswered[id], let connection else { return }
            connection.write(frame)
            connection.flush()
        }
    }

    override func disconnected(_ end: ConnectionEnd) {
        guard let world else { return }
        if let ramp = world.senderRamp { return ramp.failed(number, end) }
        connector.loop.assumeIsolated().scheduleTask(in: .milliseconds(200)) { [self] in
            if self.world != nil { connect() }
        }
    }

    private func sendNext() {
        guard let world else { return }
        while let next = plan?.first, unanswered.count < window {
            plan = next + 1 < plan?.upperBound ?? 0 ? next + 1..<(plan?.upperBound ?? 0) : nil
            send(to: next % world.clients.count)
        }
        if plan != nil || !unanswered.isEmpty { return }
        world.senderIsIdle()
    }
}
