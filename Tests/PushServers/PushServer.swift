import Foundation
import NIOConcurrencyHelpers
import NIOCore
package import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL
package import RestantePush
import TestKit

/// A request as a server has got it.
package struct ReceivedRequest: Sendable {
    package var method: String
    package var path: String
    package var headers: HTTPHeaders
    package var body: [UInt8]

    package subscript(header: String) -> String? { headers.first(name: header) }
}

/// What a server does with a request.
package enum ServerReply: Sendable {
    case answer(Int, _ headers: [(String, String)] = [], _ body: String = "")
    /// Answers when the server is told to go on, which may be never.
    case silence
    /// Answers with 200 and a body that grows by a byte every few milliseconds, for ever.
    case endless
    /// Says that no stream was looked at and that it wants no more on this connection.
    case goAway
    /// Says that it wants no more on this connection, and answers.
    case lastAnswer(Int)
    /// Closes the connection without a word.
    case drop
}

/// A provider's server, over TLS and HTTP/2, for as long as a test runs.
package final class PushServer: Sendable {
    package typealias Script = @Sendable (_ request: ReceivedRequest, _ number: Int) throws -> ServerReply

    private struct State {
        var requests: [ReceivedRequest] = []
        var connections = 0
        var waiters: [(count: Int, CheckedContinuation<Void, Never>)] = []
        var script: Script
    }

    package static let host = "push.example.org"

    /// Of the servers and of their clients, apart from the threads that other tests wait for.
    private static let threads = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    package let port: Int
    /// The file with its authority.
    package let trustRoots: String
    private let channel: any Channel
    private let state: NIOLockedValueBox<State>

    private init(channel: any Channel, trustRoots: String, state: NIOLockedValueBox<State>) {
        self.channel = channel
        self.trustRoots = trustRoots
        self.state = state
        port = channel.localAddress?.port ?? 0
    }

    /// - Parameters:
    ///   - streams: how many requests it takes at once on one connection.
    ///   - script: answers the requests; the first is number 0. What it throws is answered with 500.
    package static func run(
        streams: Int = 100, _ script: @escaping Script, body: (PushServer) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            let authority = try TestAuthority()
            let roots = directory + "/roots.pem"
            try Data(try authority.pem.utf8).write(to: URL(filePath: roots))
            let context = try authority.server([host, "*.\(host)", "localhost"])
            let state = NIOLockedValueBox(State(script: script))
            let channel = try await ServerBootstrap(group: threads)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture { try configure(channel, context, streams, state) }
                }
                .bind(host: "127.0.0.1", port: 0).get()
            let server = PushServer(channel: channel, trustRoots: roots, state: state)
            do {
                try await body(server)
            } catch {
                try await channel.close()
                throw error
            }
            try await channel.close()
        }
    }

    private static func configure(
        _ channel: any Channel, _ context: NIOSSLContext, _ streams: Int, _ state: NIOLockedValueBox<State>
    ) throws {
        state.withLockedValue { $0.connections += 1 }
        let sync = channel.pipeline.syncOperations
        try sync.addHandler(NIOSSLServerHandler(context: context))
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
                    try sync.addHandler(StreamHandler { request in Self.take(request, state) })
                }
            })
        try sync.addHandler(IgnoreErrors())
    }

    private static func take(_ request: ReceivedRequest, _ state: NIOLockedValueBox<State>) -> ServerReply {
        let (script, number) = state.withLockedValue { state in
            state.requests.append(request)
            return (state.script, state.requests.count - 1)
        }
        let reply: ServerReply
        do {
            reply = try script(request, number)
        } catch {
            reply = .answer(500, [], "\(error)")
        }
        let ready = state.withLockedValue { state in
            let count = state.requests.count
            defer { state.waiters.removeAll { $0.count <= count } }
            return state.waiters.filter { $0.count <= count }
        }
        for waiter in ready { waiter.1.resume() }
        return reply
    }

    package var requests: [ReceivedRequest] { state.withLockedValue { $0.requests } }
    package var connections: Int { state.withLockedValue { $0.connections } }

    /// Returns when so many requests have come.
    package func received(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLockedValue { state in
                guard state.requests.count < count else { return true }
                state.waiters.append((count, continuation))
                return false
            }
            if isThere { continuation.resume() }
        }
    }

    /// How senders reach it, and nobody else.
    package func http(timeLimit: Duration = .seconds(20)) -> PushHTTP {
        var http = PushHTTP(trustRoots: trustRoots, timeLimit: timeLimit, eventLoopGroup: Self.threads)
        http.trustsMachine = false
        return http
    }

    package var base: String { "https://localhost:\(port)" }
}

/// A connection that a client cuts is none of the server's troubles.
private final class IgnoreErrors: ChannelInboundHandler {
    typealias InboundIn = Any

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

private final class StreamHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let take: (ReceivedRequest) -> ServerReply
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ take: @escaping (ReceivedRequest) -> ServerReply) { self.take = take }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): self.head = head
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
        case .drop: context.channel.parent?.close(promise: nil)
        }
    }

    private func answer(_ status: Int, _ headers: [(String, String)], _ body: String, _ context: ChannelHandlerContext)
    {
        let head = HTTPResponseHead(
            version: .http2, status: .init(statusCode: status), headers: HTTPHeaders(headers))
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        if !body.isEmpty {
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        }
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func drip(_ context: ChannelHandlerContext) {
        context.writeAndFlush(Self.wrapOutboundOut(.head(HTTPResponseHead(version: .http2, status: .ok))), promise: nil)
        let channel = context.channel
        let drops = context.eventLoop.scheduleRepeatedTask(initialDelay: .zero, delay: .milliseconds(5)) { _ in
            channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: "x"))), promise: nil)
        }
        channel.closeFuture.whenComplete { _ in drops.cancel() }
    }

    private func sayGoAway(_ last: HTTP2StreamID, _ context: ChannelHandlerContext) {
        let frame = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: last, errorCode: .noError, opaqueData: nil))
        context.channel.parent?.writeAndFlush(frame, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
