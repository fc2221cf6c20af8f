import NIOCore
import RestanteCore

/// Sends as fast as its socket takes it, without waiting for answers. Bound to one event loop.
final class FloodSender: LoadDevice {
    static let users = LoadUsers(prefix: "flood")
    static let recipientUsers = LoadUsers(prefix: "flooded")
    /// Frames that are written before others have their turn.
    private static let turn = 64

    private let template: SendTemplate
    private let recipients: Int
    private(set) var sent = 0
    private(set) var acceptedCount = 0
    private(set) var rejectedCount = 0
    private(set) var isLost = false
    private var isOver = false
    private var unwritableSince: NIODeadline?
    private var unwritable = TimeAmount.nanoseconds(0)

    init(_ number: Int, token: String, payloadBytes: Int, recipients: Int, _ connector: LoadConnector) {
        template = SendTemplate(to: Self.recipientUsers, payloadBytes: payloadBytes)
        self.recipients = recipients
        super.init(number, token: token, connector: connector)
    }

    /// How long its socket took nothing: the server did not read it.
    var unwritableTime: TimeAmount { unwritable + (unwritableSince.map { .now() - $0 } ?? .nanoseconds(0)) }

    func stop() {
        isOver = true
        connection?.cut()
    }

    override func welcomed() { write() }
    override func accepted(_ id: MessageID) { acceptedCount += 1 }
    override func rejected(_ id: MessageID, code: UInt64) { rejectedCount += 1 }
    override func disconnected(_ end: ConnectionEnd) { isLost = !isOver }

    override func writabilityChanged() {
        if connection?.isWritable == true {
            if let since = unwritableSince { unwritable = unwritable + (.now() - since) }
            unwritableSince = nil
            write()
        } else {
            unwritableSince = unwritableSince ?? .now()
        }
    }

    private func write() {
        guard !isOver, let connection else { return }
        for _ in 0..<Self.turn {
            guard connection.isWritable else { break }
            connection.write(template.frame(.now(), to: sent % recipients))
            sent += 1
        }
        connection.flush()
        guard connection.isWritable else { return }
        connector.loop.assumeIsolated().execute { [self] in write() }
    }
}
