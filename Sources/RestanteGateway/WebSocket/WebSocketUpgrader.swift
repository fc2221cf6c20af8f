import Crypto
import FoundationEssentials
package import NIOCore
package import NIOHTTP1

/// Decides about a connection's upgrade, and says what the connection is after it. Used on its event loop.
package protocol UpgradeGate: AnyObject {
    /// The subprotocol and whatever else goes into the 101, or nil to refuse: then the request is answered as any other.
    func decide(_ channel: any Channel, _ head: HTTPRequestHead) -> EventLoopFuture<HTTPHeaders?>
    /// Puts the WebSocket and the session into the pipeline: the 101 is out.
    func open(_ channel: any Channel) throws
}

/// The server's half of the opening handshake (RFC 6455 §4.2.2).
///
/// NIO's own upgrader would add NIO's frame decoder, which delivers whole frames only, checked too late.
final class WebSocketUpgrader: HTTPServerProtocolUpgrader {
    let supportedProtocol = "websocket"
    /// ``UpgradeRules`` looks at them, and at more than their presence.
    let requiredUpgradeHeaders: [String] = []
    private let gate: NIOLoopBound<any UpgradeGate>

    init(gate: any UpgradeGate, eventLoop: any EventLoop) {
        self.gate = NIOLoopBound(gate, eventLoop: eventLoop)
    }

    func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        gate.value.decide(channel, upgradeRequest).flatMapThrowing { headers in
            guard var headers, let key = upgradeRequest.headers.first(name: "sec-websocket-key") else {
                throw UpgradeRefused()
            }
            headers.add(name: "upgrade", value: "websocket")
            headers.add(name: "connection", value: "Upgrade")
            headers.add(name: "sec-websocket-accept", value: Self.accept(key))
            return headers
        }
    }

    func upgrade(context: ChannelHandlerContext, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<Void> {
        context.eventLoop.makeCompletedFuture { try gate.value.open(context.channel) }
    }

    /// Shows that the key was understood. SHA-1 is what the RFC says; nothing secret hangs on it.
    static func accept(_ key: String) -> String {
        Data(Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))).base64EncodedString()
    }
}

/// Comes by as an error before the request is answered; nobody needs to act on it.
struct UpgradeRefused: Error {}
