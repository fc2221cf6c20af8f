import NIOCore
import NIOHTTP1
import RestanteGateway
import RestanteWire

/// Upgrades whatever is a WebSocket's handshake, to any path.
final class EchoGate: UpgradeGate {
    static let closeTimeout = TimeAmount.seconds(3)
    private let messageBytes: Int

    init(messageBytes: Int) {
        self.messageBytes = messageBytes
    }

    func decide(_ channel: any Channel, _ head: HTTPRequestHead) -> EventLoopFuture<HTTPHeaders?> {
        guard Self.refusal(of: head) == nil else { return channel.eventLoop.makeSucceededFuture(nil) }
        let offered = head.headers[canonicalForm: "sec-websocket-protocol"]
        let ours = offered.lazy.compactMap { WireFormat(rawValue: String($0)) }.first
        return channel.eventLoop.makeSucceededFuture(ours.map { ["sec-websocket-protocol": $0.subprotocol] } ?? [:])
    }

    func open(_ channel: any Channel) throws {
        let socket = WebSocketHandler(
            maximumBytes: messageBytes, expected: nil, closeTimeout: Self.closeTimeout,
            timers: LoopTimers(channel.eventLoop))
        try channel.pipeline.syncOperations.addHandlers([socket, EchoHandler()])
    }

    /// The answer to a request that becomes no WebSocket.
    static func refusal(of head: HTTPRequestHead) -> HTTPAnswer? {
        if let answer = RequestRules.refusal(of: head) { return answer }
        do {
            try UpgradeRules.check(head)
            return nil
        } catch {
            return error.answer
        }
    }
}
