import NIOCore
import NIOEmbedded
import NIOHTTP1
import RestanteGateway

/// The pipeline of a fresh connection, with a gate that takes every request that may be one.
enum HandshakeTarget {
    static func run(_ input: [UInt8]) {
        let channel = EmbeddedChannel()
        let gate = Gate()
        do {
            try channel.configureUpgrade(
                gate, http: Refuser(gate), endTimeout: .seconds(1), timers: LoopTimers(channel.eventLoop))
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
            for piece in Chooser(input).pieces() {
                // What a handler lets through as an error is the end of the socket, not of the process.
                do { try channel.writeInbound(ByteBuffer(bytes: piece)) } catch {}
            }
            var answer = ByteBuffer()
            while let part = try channel.readOutbound(as: ByteBuffer.self) { answer.writeImmutableBuffer(part) }
            check(String(buffer: answer), gate)
            _ = try? channel.finish(acceptAlreadyClosed: true)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private static func check(_ answer: String, _ gate: Gate) {
        precondition(answer.isEmpty || answer.hasPrefix("HTTP/1.1 "), "an answer that is no HTTP")
        precondition(
            answer.hasPrefix("HTTP/1.1 101 ") == gate.isOpen, "upgraded and not told, or told and not upgraded")
    }

    private final class Gate: UpgradeGate {
        private(set) var isOpen = false

        func decide(_ channel: any Channel, _ head: HTTPRequestHead) -> EventLoopFuture<HTTPHeaders?> {
            let isGood = RequestRules.refusal(of: head) == nil && (try? ConnectRequest(head)) != nil
            return channel.eventLoop.makeSucceededFuture(isGood ? [:] : nil)
        }

        func open(_ channel: any Channel) throws {
            isOpen = true
            try channel.pipeline.syncOperations.addHandler(
                WebSocketHandler(
                    maximumBytes: 1000, expected: .text, closeTimeout: .seconds(1),
                    timers: LoopTimers(channel.eventLoop)))
        }
    }

    /// Answers what is no upgrade.
    private final class Refuser: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart
        private let gate: Gate

        init(_ gate: Gate) {
            self.gate = gate
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard case .end = Self.unwrapInboundIn(data) else { return }
            precondition(!gate.isOpen, "a request after the upgrade")
            var answer = HTTPAnswer.notFound
            answer.closes = true
            context.write(answer, isHead: false, wrap: Self.wrapOutboundOut)
            context.triggerUserOutboundEvent(EndConnection(), promise: nil)
        }
    }
}
