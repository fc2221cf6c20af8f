import NIOCore
import RestanteCore

extension LoadGenerator {
    /// Connects so many pairs, and lets them begin.
    func pairs(_ count: Int, _ target: LoadTarget) async throws -> NIOLoopBound<Pairs> {
        let senders = try tokens(Pairs.senderUsers, count)
        let recipients = try tokens(Pairs.recipientUsers, count)
        let pairs = try await onLoop { [loop] in
            let connector = LoadConnector(target, on: loop)
            return NIOLoopBound(Pairs(senders: senders, recipients: recipients, connector), eventLoop: loop)
        }
        try await untilDone { pairs.value.begin(done: $0) }
        return pairs
    }
}

/// Pairs of healthy clients that exchange messages one at a time: the next is sent when the last has been received. Bound to
/// one event loop.
final class Pairs {
    static let senderUsers = LoadUsers(prefix: "from")
    static let recipientUsers = LoadUsers(prefix: "to")

    private let senders: [PairSender]
    private let recipients: [PairRecipient]
    private let template: SendTemplate
    private var left = 0
    private var up: (() -> Void)?
    private var receipts = Latencies()
    private(set) var lost = 0

    init(senders: [String], recipients: [String], _ connector: LoadConnector) {
        template = SendTemplate(to: Self.recipientUsers, payloadBytes: 256)
        self.senders = senders.enumerated().map { PairSender($0, token: $1, connector: connector) }
        self.recipients = recipients.enumerated().map { PairRecipient($0, token: $1, connector: connector) }
        for device in self.senders { device.pairs = self }
        for device in self.recipients { device.pairs = self }
    }

    /// Connects all, and lets them begin.
    func begin(done: @escaping () -> Void) {
        left = senders.count + recipients.count
        up = done
        for device in recipients { device.connect() }
        for device in senders { device.connect() }
    }

    /// What was measured since the last call: from send to receipt at the recipient.
    func take() -> Latencies.Summary {
        defer { receipts = Latencies() }
        return receipts.summary
    }

    fileprivate func drained() {
        left -= 1
        guard left == 0 else { return }
        for sender in senders { send(sender) }
        up?()
    }

    fileprivate func received(_ id: MessageID, by number: Int) {
        let sender = senders[number]
        guard id == sender.last else { return }
        receipts.add(.now() - sender.sentAt)
        send(sender)
    }

    fileprivate func disconnected() { lost += 1 }

    private func send(_ sender: PairSender) {
        sender.last = .now()
        sender.sentAt = .now()
        sender.connection?.write(template.frame(sender.last, to: sender.number))
        sender.connection?.flush()
    }
}

private final class PairSender: LoadDevice {
    weak var pairs: Pairs?
    var last = MessageID(high: 0, low: 0)
    var sentAt = NIODeadline.now()

    override func drained() { pairs?.drained() }
    override func disconnected(_ end: ConnectionEnd) { pairs?.disconnected() }
}

private final class PairRecipient: LoadDevice {
    weak var pairs: Pairs?

    override func drained() { pairs?.drained() }
    override func delivered(_ id: MessageID, tag: UInt64) { pairs?.received(id, by: number) }
    override func disconnected(_ end: ConnectionEnd) { pairs?.disconnected() }
}
