import Foundation
import NIOCore
import NIOPosix

extension LoadedServer {
    /// What the server tells its operator of itself.
    struct Overview: Sendable, Decodable {
        /// Rows that the store still has, acknowledged ones that are not swept yet among them.
        var messages: Int
    }

    /// Asks on the operators' socket: the file is the server's alone while it runs.
    func overview(on loop: any EventLoop) async throws -> Overview {
        guard let path = operatorsSocket else {
            throw BenchError("only a server that was started here has an operators' socket to ask")
        }
        let answer = loop.makePromise(of: ByteBuffer.self)
        let channel = try await ClientBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(WholeAnswer(answer))
                }
            }
            .connect(unixDomainSocketPath: path).flatMapError { error in
                answer.fail(error)
                return loop.makeFailedFuture(error)
            }.get()
        let request = "GET /v1/overview HTTP/1.1\r\nHost: restante\r\nConnection: close\r\n\r\n"
        try await channel.writeAndFlush(ByteBuffer(string: request))
        let bytes = try await answer.futureResult.get().readableBytesView
        guard let head = bytes.firstRange(of: Array("\r\n\r\n".utf8)), bytes.starts(with: Array("HTTP/1.1 200".utf8))
        else { throw BenchError("the server did not tell how it stands: \(String(decoding: bytes, as: UTF8.self))") }
        return try JSONDecoder().decode(Overview.self, from: Data(bytes[head.upperBound...]))
    }
}

/// Everything that comes until the other side closes.
private final class WholeAnswer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let answer: EventLoopPromise<ByteBuffer>
    private var bytes = ByteBuffer()

    init(_ answer: EventLoopPromise<ByteBuffer>) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        bytes.writeImmutableBuffer(Self.unwrapInboundIn(data))
    }

    func channelInactive(context: ChannelHandlerContext) { answer.succeed(bytes) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer.fail(error)
        context.close(promise: nil)
    }
}
