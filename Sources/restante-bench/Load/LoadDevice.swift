import NIOCore
import RestanteCore

/// A device of a generator: keeps its connection, acknowledges what it is sent, and tells a scenario what happens.
///
/// Bound to the event loop of its connector; scenarios make subclasses of it.
class LoadDevice: LoadPeer {
    let number: Int
    let token: String
    let connector: LoadConnector
    private(set) var connection: LoadConnection?
    /// `welcome` has come on the connection that there is.
    private(set) var isWelcome = false
    private(set) var lastTag: UInt64 = 0
    /// The last tag that an acknowledgement was written for on this connection.
    private(set) var acknowledged: UInt64 = 0
    /// Whether what comes is acknowledged, at the end of each read.
    var acknowledges = true
    /// Bytes of the kernel's receive buffer, for devices that are to take little.
    var receiveBytes: Int?

    init(_ number: Int, token: String, connector: LoadConnector) {
        self.number = number
        self.token = token
        self.connector = connector
    }

    func connect() {
        isWelcome = false
        (lastTag, acknowledged) = (0, 0)
        connector.connect(token: token, peer: self, receiveBytes: receiveBytes)
    }

    // MARK: - For scenarios

    func welcomed() {}
    func delivered(_ id: MessageID, tag: UInt64) {}
    /// A gap, receipt or notice came.
    func notified() {}
    func acked(through: UInt64) {}
    func drained() {}
    func accepted(_ id: MessageID) {}
    func rejected(_ id: MessageID, code: UInt64) {}
    func replied(_ request: UInt64) {}
    func failed(_ request: UInt64, code: UInt64) {}
    func ponged() {}
    func writabilityChanged() {}
    /// The connection is gone, or did not come about.
    func disconnected(_ end: ConnectionEnd) {}

    // MARK: - LoadPeer

    func opened(_ connection: LoadConnection) { self.connection = connection }

    func received(_ frame: ReceivedFrame, on connection: LoadConnection) {
        switch frame {
        case .welcome:
            isWelcome = true
            welcomed()
        case .deliver(let tag, let id):
            if tag > 0 { lastTag = tag }
            delivered(id, tag: tag)
        case .owed(let tag):
            lastTag = tag
            notified()
        case .acked(let through): acked(through: through)
        case .drained: drained()
        case .accepted(let id): accepted(id)
        case .rejected(let id, let code): rejected(id, code: code)
        case .reply(let request): replied(request)
        case .failure(let request, let code): failed(request, code: code)
        case .closing, .other: break
        }
    }

    func receivedPong(on connection: LoadConnection) { ponged() }

    func readComplete(on connection: LoadConnection) {
        guard acknowledges, lastTag > acknowledged else { return }
        acknowledged = lastTag
        connection.write(OutgoingFrame.acknowledge(lastTag))
    }

    func writabilityChanged(on connection: LoadConnection) { writabilityChanged() }

    func ended(_ end: ConnectionEnd) {
        connection = nil
        isWelcome = false
        disconnected(end)
    }
}

@available(*, unavailable)
extension LoadDevice: Sendable {}
