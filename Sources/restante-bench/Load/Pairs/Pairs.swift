import NIOCore
import RestanteCore

extension LoadGenerator {
    /// Connects so many pairs, and lets them begin.
    func pairs(_ count: Int, payloadBytes: Int = 256, _ target: LoadTarget) async throws -> NIOLoopBound<Pairs> {
        let senders = try tokens(Pairs.senderUsers, count)
        let recipients = try tokens(Pairs.recipientUsers, count)
        let pairs = try await onLoop { [loop] in
            let connector = LoadConnector(target, on: loop)
            return NIOLoopBound(
                Pairs(senders: senders, recipients: recipients, payloadBytes: payloadBytes, connector), eventLoop: loop)
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
    /// Devices that connect at a time.
    private static let atOnce = 200

    /// What was measured in a stretch of time.
    struct Times: Sendable {
        /// From send to receipt at the recipient, and from send to `accepted`.
        var receipts, answers: Latencies.Summary
    }

    /// What became of everything that was sent.
    struct Counts: Sendable, Encodable {
        var sent = 0, accepted = 0, received = 0
        /// Came twice, or another than the one that was sent last.
        var disordered = 0
        var rejected = 0
        /// Connections that ended though nobody wanted it.
        var lost = 0
    }

    private let senders: [PairSender]
    private let recipients: [PairRecipient]
    private let loop: any EventLoop
    private let template: SendTemplate
    private var ids = LoadIDs()
    private var ramp: Ramp?
    private var receipts = Latencies()
    private var answers = Latencies()
    private(set) var counts = Counts()
    /// Called when nothing is on its way any more; nil: they go on.
    private var stopped: (() -> Void)?

    init(senders: [String], recipients: [String], payloadBytes: Int, _ connector: LoadConnector) {
        template = SendTemplate(to: Self.recipientUsers, payloadBytes: payloadBytes)
        loop = connector.loop
        self.senders = senders.enumerated().map { PairSender($0, token: $1, connector: connector) }
        self.recipients = recipients.enumerated().map { PairRecipient($0, token: $1, connector: connector) }
        for device in self.senders { device.pairs = self }
        for device in self.recipients { device.pairs = self }
    }

    var lost: Int { counts.lost }

    /// Connects all, and lets them begin.
    func begin(done: @escaping () -> Void) {
        let devices: [LoadDevice] = recipients + senders
        ramp = Ramp(
            devices.count, atOnce: Self.atOnce, on: loop, attempt: { devices[$0].connect() },
            done: { [self] in
                ramp = nil
                for sender in senders { send(sender) }
                done()
            })
    }

    /// Lets what is on its way arrive, and sends nothing more.
    func stop(done: @escaping () -> Void) {
        stopped = done
        tellIfStopped()
    }

    /// What was measured since the last call.
    func take() -> Times {
        defer { (receipts, answers) = (Latencies(), Latencies()) }
        return Times(receipts: receipts.summary, answers: answers.summary)
    }

    fileprivate func drained() { ramp?.succeeded() }

    fileprivate func accepted(_ id: MessageID, of sender: PairSender) {
        guard let (_, number) = LoadIDs.origin(of: id) else { return }
        counts.accepted += 1
        answers.add(LoadClock.since(sender.sentAt(number)))
        tellIfStopped()
    }

    fileprivate func rejected() { counts.rejected += 1 }

    fileprivate func received(_ id: MessageID, by pair: Int) {
        let sender = senders[pair]
        guard let origin = LoadIDs.origin(of: id), origin == (pair, sender.received) else {
            counts.disordered += 1
            return
        }
        sender.received += 1
        counts.received += 1
        receipts.add(LoadClock.since(sender.sentAt(origin.number)))
        if stopped == nil { send(sender) } else { tellIfStopped() }
    }

    fileprivate func disconnected(_ device: LoadDevice, _ end: ConnectionEnd) {
        guard let ramp else {
            counts.lost += 1
            return
        }
        let isSender = device is PairSender
        ramp.failed(device.number + (isSender ? recipients.count : 0), end)
    }

    private func tellIfStopped() {
        guard let stopped, counts.received == counts.sent, counts.accepted == counts.sent else { return }
        self.stopped = nil
        stopped()
    }

    private func send(_ sender: PairSender) {
        counts.sent += 1
        let id = ids.next(sender: sender.number, number: sender.sent)
        sender.send(template.frame(id, to: sender.number))
    }
}

private final class PairSender: LoadDevice {
    weak var pairs: Pairs?
    private(set) var sent = 0
    var received = 0
    /// Of the last messages; ``LoadClock``. `accepted` may come after the receipt, when the next message is on its way.
    private var times: [UInt32] = Array(repeating: 0, count: 16)

    func sentAt(_ number: Int) -> UInt32 { times[number % times.count] }

    func send(_ frame: ByteBuffer) {
        times[sent % times.count] = LoadClock.now
        sent += 1
        connection?.write(frame)
        connection?.flush()
    }

    override func drained() { pairs?.drained() }
    override func accepted(_ id: MessageID) { pairs?.accepted(id, of: self) }
    override func rejected(_ id: MessageID, code: UInt64) { pairs?.rejected() }
    override func disconnected(_ end: ConnectionEnd) { pairs?.disconnected(self, end) }
}

private final class PairRecipient: LoadDevice {
    weak var pairs: Pairs?

    override func drained() { pairs?.drained() }
    override func delivered(_ id: MessageID, tag: UInt64) { pairs?.received(id, by: number) }
    override func disconnected(_ end: ConnectionEnd) { pairs?.disconnected(self, end) }
}
