import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL

/// How a connection is answered.
extension PushServer {
    typealias Take = @Sendable (ReceivedRequest) -> ServerReply

    static func configure(
        _ channel: any Channel, _ opening: ServerOpening, _ context: NIOSSLContext, _ streams: Int,
        _ take: @escaping Take
    ) throws {
        let sync = channel.pipeline.syncOperations
        if opening != .noHandshake { try sync.addHandler(NIOSSLServerHandler(context: context)) }
        guard opening == .usual else { return try sync.addHandler(Mute(opening)) }
        channel.configureHTTP2SecureUpgrade(
            h2ChannelConfigurator: { channel in
                channel.eventLoop.makeCompletedFuture { try configureHTTP2(channel, streams, take) }
            },
            http1ChannelConfigurator: { channel in
                channel.eventLoop.makeCompletedFuture { try configureHTTP1(channel, take) }
            }
        ).whenFailure { _ in channel.close(promise: nil) }
    }

    private static func configureHTTP1(_ channel: any Channel, _ take: @escaping Take) throws {
        let sync = channel.pipeline.syncOperations
        try sync.configureHTTPServerPipeline()
        try sync.addHandler(StreamHandler(channel, .http1_1, take))
    }

    private static func configureHTTP2(_ channel: any Channel, _ streams: Int, _ take: @escaping Take) throws {
        let sync = channel.pipeline.syncOperations
        let settings =
            nioDefaultSettings.filter { $0.parameter != .maxConcurrentStreams } + [
                HTTP2Setting(parameter: .maxConcurrentStreams, value: streams)
            ]
        try sync.addHandler(NIOHTTP2Handler(mode: .server, initialSettings: settings))
        try sync.addHandler(
            HTTP2StreamMultiplexer(mode: .server, channel: channel) { stream in
                stream.eventLoop.makeCompletedFuture {
                    let sync = stream.pipeline.syncOperations
                    try sync.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                    try sync.addHandler(StreamHandler(channel, .http2, take))
                }
            })
        try sync.addHandler(IgnoreErrors())
    }
}

/// Reads all and answers nothing of what it should.
private final class Mute: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// GOAWAY with stream 0 and no error (RFC 9113 §6.8).
    private static let goAway: [UInt8] = [0, 0, 8, 7, 0, 0, 0, 0, 0] + [0, 0, 0, 0, 0, 0, 0, 0]

    private var opening: ServerOpening

    init(_ opening: ServerOpening) { self.opening = opening }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard opening == .goAway else { return }
        opening = .noSettings
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(bytes: Self.goAway)), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// A connection that a client cuts is none of the server's troubles.
private final class IgnoreErrors: ChannelInboundHandler {
    typealias InboundIn = Any

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let connection: any Channel
    private let version: HTTPVersion
    private let take: (ReceivedRequest) -> ServerReply
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ connection: any Channel, _ version: HTTPVersion, _ take: @escaping (ReceivedRequest) -> ServerReply) {
        self.connection = connection
        self.version = version
        self.take = take
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let part): body += Array(buffer: part)
        case .end:
            guard let head else { return context.close(promise: nil) }
            let request = ReceivedRequest(
                method: head.method.rawValue, path: head.uri, headers: head.headers, body: body)
            act(take(request), context)
        }
    }

    private func act(_ reply: ServerReply, _ context: ChannelHandlerContext) {
        switch reply {
        case .answer(let status, let headers, let body): answer(status, headers, body, context)
        case .silence: break
        case .endless: drip(context)
        case .goAway: sayGoAway(.rootStream, context)
        case .lastAnswer(let status):
            sayGoAway(.maxID, context)
            answer(status, [], "", context)
        case .drop: connection.close(promise: nil)
        case .deafness: connection.setOption(.autoRead, value: false).whenComplete { _ in }
        }
    }

    private func answer(_ status: Int, _ headers: [(String, String)], _ body: String, _ context: ChannelHandlerContext)
    {
        let head = HTTPResponseHead(
            version: version, status: .init(statusCode: status), headers: HTTPHeaders(headers))
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty {
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func drip(_ context: ChannelHandlerContext) {
        context.writeAndFlush(
            Self.wrapOutboundOut(.head(HTTPResponseHead(version: version, status: .ok))), promise: nil)
        let channel = context.channel
        let drops = context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(5)) { _ in
            channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "x"))), promise: nil)
        }
        channel.closeFuture.whenComplete { _ in drops.cancel() }
    }

    private func sayGoAway(_ last: HTTP2StreamID, _ context: ChannelHandlerContext) {
        let frame = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil))
        connection.writeAndFlush(frame, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
