import Foundation
import NIOConcurrencyHelpers
import NIOCore
package import NIOHTTP1
import NIOPosix
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
    /// Answers nothing, and reads nothing any more, not even that the client closes.
    case deafness
}

/// How a connection begins.
package enum ServerOpening: Sendable {
    case usual
    /// Says nothing, not even in the TLS handshake.
    case noHandshake
    /// Says nothing after the TLS handshake: no settings, if it is HTTP/2.
    case noSettings
    /// Says after the TLS handshake that it wants no more of HTTP/2 on this connection, and never its settings.
    case goAway
}

/// A provider's server, over TLS and HTTP/2 or, if the client wants that, HTTP/1.1, for as long as a test runs.
package final class PushServer: Sendable {
    package typealias Script = @Sendable (_ request: ReceivedRequest, _ number: Int) throws -> ServerReply

    struct State {
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
        streams: Int = 100, opening: ServerOpening = .usual, _ script: @escaping Script,
        body: (PushServer) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            let authority = try TestAuthority()
            let roots = directory + "/roots.pem"
            try Data(try authority.pem.utf8).write(to: URL(filePath: roots))
            let context = try authority.server([host, "*.\(host)", "localhost"])
            let state = NIOLockedValueBox(State(script: script))
            let channel = try await ServerBootstrap(group: threads)
                .childChannelInitializer { channel in
                    state.withLockedValue { $0.connections += 1 }
                    return channel.eventLoop.makeCompletedFuture {
                        try configure(channel, opening, context, streams) { take($0, state) }
                    }
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
        var http = PushHTTP(timeLimit: timeLimit, eventLoopGroup: Self.threads)
        http.trustsMachine = false
        do {
            try http.trust(file: trustRoots)
        } catch {
            preconditionFailure("\(error)")
        }
        return http
    }

    package var base: String { "https://localhost:\(port)" }
}
