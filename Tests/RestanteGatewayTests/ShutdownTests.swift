import NIOCore
import NIOWebSocket
import RestanteCore
import Testing

@testable import RestanteGateway

/// How the gateway ends: in good order when asked, without a word when the store has failed.
@Suite(.timeLimit(.minutes(5)))
struct ShutdownTests {
    /// A store that does not answer sends by itself.
    static func silent(holdsShutdown: Bool = false) -> ScriptedStore {
        ScriptedStore(
            { command in
                if case .send = command { return [] }
                return ScriptedStore.agreeable(command)
            }, holdsShutdown: holdsShutdown)
    }

    static let send = #"{"send": {"messageId": "\#(ConnectionTests.idText)", "user": "bob", "payload": "AQI="}}"#

    static func isSend(_ command: StoreCommand) -> Bool { if case .send = command { true } else { false } }

    @Test func saysGoodbyeAndReturns() async throws {
        try await TestServer.run {
            // An address of its own: on the others' another test may be given the port as soon as it is free.
            $0.host = "127.0.0.42"
            $0.reconnectAfter = 700...700
        } body: { server in
            try await RawClient.with(server) { client in
                try await RawClient.with(server) { http in
                    try await client.open(server)
                    #expect(try await http.request("GET", "/healthz")?.status == 200)
                    server.stop()
                    #expect(await client.text() == #"{"closing":{"reason":"shutting_down","reconnectAfter":700}}"#)
                    #expect(await client.frame() == .close(1001, "shutting_down"))
                    try await client.send(.connectionClose, [0x03, 0xE9])
                    #expect(await client.frame() == .end)
                    #expect(await http.frame() == .end)
                }
            }
            try await server.ended()
            #expect(!server.gateway.isReady)
            await Self.refusesConnections(server)
        }
    }

    /// Returns once nobody listens any more; the suite's time limit is its end.
    ///
    /// Other tests of this process spawn programs, and a child keeps a copy of the listening descriptor from its fork to
    /// its exec: the kernel may take connections that much longer than the gateway, which nobody then answers.
    private static func refusesConnections(_ server: TestServer) async {
        while (try? await RawClient.with(server) { _ in }) != nil { await Task.yield() }
    }

    /// What was handed to the store is answered first; what comes later is not even read.
    @Test func answersWhatWasHandedOver() async throws {
        try await TestServer.run(store: Self.silent(holdsShutdown: true)) {
            $0.eventLoops = 1
        } body: { server in
            try await RawClient.with(server) { client in
                try await RawClient.with(server) { other in
                    try await client.open(server)
                    #expect(try await other.request("GET", "/healthz")?.status == 200)
                    try await client.send(Self.send)
                    guard case .send(let submission, let origin) = await server.store.command(where: Self.isSend) else {
                        return
                    }
                    server.stop()
                    await server.store.shutdownBegan.value()
                    // A round on the same event loop: it has stopped reading by now.
                    #expect(try await other.request("GET", "/readyz")?.status == 503)
                    try await client.send(Self.send)
                    #expect(try await other.request("GET", "/readyz")?.status == 503)
                    server.store.report([.sent(submission.id, .accepted(at: 1, duplicate: false), to: origin)])
                    #expect(await client.text()?.contains(#""accepted""#) == true)
                    server.store.letShutdownEnd()
                    #expect(await client.text()?.contains(#""closing""#) == true)
                    #expect(await client.frame() == .close(1001, "shutting_down"))
                }
            }
            try await server.ended()
            #expect(server.store.commands.filter(Self.isSend).count == 1)
        }
    }

    /// A client that does not answer the close frame holds nobody up for longer than the grace.
    @Test func cutsWhoStaysAfterTheGrace() async throws {
        try await TestServer.run {
            $0.closeTimeout = .hours(1)
            $0.shutdownGrace = .milliseconds(100)
        } body: { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                server.stop()
                try await server.ended()
                #expect(await client.text()?.contains(#""closing""#) == true)
                #expect(await client.frame() == .close(1001, "shutting_down"))
                #expect(await client.frame() == .end)
            }
        }
    }

    // MARK: - The store fails

    private struct DiskGone: Error {}

    @Test func storeFailureAnswersNobody() async throws {
        try await TestServer.run(store: Self.silent()) { server in
            try await RawClient.with(server) { client in
                try await RawClient.with(server) { backend in
                    try await client.open(server)
                    try await client.send(Self.send)
                    try await EndpointTests.ask(backend, server, EndpointTests.body)
                    _ = await server.store.command { command in
                        if case .send(_, .service) = command { true } else { false }
                    }
                    server.store.fail(DiskGone())
                    #expect(await client.frame() == .end)
                    #expect(await backend.response() == nil)
                }
            }
            let error = await #expect(throws: GatewayError.self) { try await server.ended() }
            #expect(error?.code == .storeFailed)
            #expect(!server.gateway.isReady)
        }
    }

    /// The last commits fail, or emptying the WAL.
    @Test func aFailureWhileShuttingDownIsAFailure() async throws {
        let store = ScriptedStore(holdsShutdown: true)
        try await TestServer.run(store: store) { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                server.stop()
                await store.shutdownBegan.value()
                store.fail(DiskGone())
                store.letShutdownEnd()
                #expect(await client.frame() == .end)
            }
            let error = await #expect(throws: GatewayError.self) { try await server.ended() }
            #expect(error?.code == .storeFailed && error?.cause is DiskGone)
        }
    }

    @Test func callsOfTheProcessAreLostWithTheStore() async throws {
        try await TestServer.run(store: Self.silent()) { server in
            let submission = Submission(
                id: MessageID(at: 1), to: .user(UserName(unchecked: "bob")), content: .payload([]))
            async let outcome = server.gateway.send(submission, as: ServiceName(unchecked: "backend"))
            _ = await server.store.command(where: Self.isSend)
            server.store.fail(DiskGone())
            guard case .rejected(let refusal) = await outcome else {
                Issue.record("answered as if it were durable")
                return
            }
            #expect(refusal.code == .unavailable)
        }
    }

    @Test func addressInUse() async throws {
        try await TestServer.run { server in
            await #expect(throws: GatewayError.self) {
                try await TestServer.run {
                    $0.port = server.port
                } body: { _ in
                }
            }
        }
    }
}
