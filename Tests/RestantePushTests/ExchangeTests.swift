import AsyncHTTPClient
import Foundation
import NIOCore
import PushServers
import Testing

@testable import RestantePush

extension ProviderTests {
    /// What `body` comes to; nil if it takes longer, and then it goes on without us.
    static func within<Value: Sendable>(
        _ limit: Duration, _ body: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let task = Task { await body() }
        return try? await withTimeLimit(limit) { await task.valueUnlessCancelled() } ?? nil
    }

    /// The limits of a request, whoever is asked.
    @Suite(.timeLimit(.minutes(5)))
    struct ExchangeTests {
        static func exchange(_ reply: ServerReply, timeLimit: Duration = .seconds(20)) async throws -> Exchange {
            var result: Exchange?
            try await PushServer.run(
                { _, _ in reply },
                body: { server in
                    let http = server.http(timeLimit: timeLimit)
                    let client = http.makeClient(idleTimeout: .seconds(1))
                    result = await http.exchange(HTTPClientRequest(url: server.base + "/secret"), by: client)
                    try await client.shutdown()
                })
            return try #require(result)
        }

        @Test(arguments: [(0, 0), (16_384, 16_384), (16_385, 0), (1_000_000, 0)]) func bodies(sent: Int, read: Int)
            async throws
        {
            let exchange = try await Self.exchange(.answer(200, [], String(repeating: "x", count: sent)))
            guard case .answered(let response) = exchange else {
                Issue.record("\(exchange)")
                return
            }
            #expect(response.status == 200)
            #expect(response.body.count == read)
        }

        /// They are read once: a file that goes away later, or is changed, changes nothing.
        @Test func authoritiesAreReadWhenTheyAreNamed() async throws {
            try await PushServer.run(
                { _, _ in .answer(200) },
                body: { server in
                    let http = server.http()
                    try FileManager.default.removeItem(atPath: server.trustRoots)
                    let client = http.makeClient(idleTimeout: .seconds(1))
                    let exchange = await http.exchange(HTTPClientRequest(url: server.base), by: client)
                    try await client.shutdown()
                    guard case .answered = exchange else {
                        Issue.record("\(exchange)")
                        return
                    }
                    var other = PushHTTP()
                    #expect(throws: PushError.self) { try other.trust(file: server.trustRoots) }
                })
        }

        /// Each byte comes in time, and the whole never.
        @Test func anEndlessAnswerEnds() async throws {
            let begin = ContinuousClock.now
            let exchange = try await Self.exchange(.endless, timeLimit: .milliseconds(500))
            #expect(.now - begin < .seconds(20))
            guard case .failed("no answer in time") = exchange else {
                Issue.record("\(exchange)")
                return
            }
        }
    }
}
