import NIOCore
import RestanteCore
import RestanteMetrics
import Testing

@testable import RestanteGateway

/// Services are slowed as sessions are: by the store's queue and by the memory for buffers.
@Suite(.timeLimit(.minutes(5)))
struct ServiceRoomTests {
    private static let request = #"{"requestId": "7", "deleteUser": {"user": "bob"}}"#

    private func ask(_ client: RawClient, _ server: TestServer, _ path: String) async throws -> RawClient.Response? {
        let token = try server.mint.mint(ServiceName(unchecked: "backend"), scopes: [.send, .manage], lifetime: 60)
        let body = path == "/v1/messages" ? EndpointTests.body : Self.request
        return try await client.request(
            "POST", path, [EndpointTests.json, "authorization: Bearer \(token)"], body: body)
    }

    private func isRefused(_ response: RawClient.Response?) -> Bool {
        response?.status == 503 && response?.body.contains("unavailable") == true
            && Int(response?.headers["retry-after"] ?? "") ?? 0 >= 1
    }

    /// What filled the queue was taken and is answered; what comes next has to wait until the store says so.
    @Test(arguments: ["/v1/messages", "/v1/requests"]) func aFullStoreTakesNoMore(path: String) async throws {
        try await TestServer.run {
            $0.eventLoops = 1
        } body: { server in
            try await RawClient.with(server) { client in
                try await RawClient.with(server) { other in
                    server.store.setRoom(false)
                    #expect(try await ask(client, server, path)?.status == 200)
                    for path in ["/v1/messages", "/v1/requests"] {
                        #expect(isRefused(try await ask(client, server, path)))
                        #expect(isRefused(try await ask(other, server, path)))
                    }
                    #expect(server.store.commands.count == 1)
                    server.store.setRoom(true)
                    // Room is told by another thread.
                    var response = try await ask(client, server, path)
                    while isRefused(response) { response = try await ask(client, server, path) }
                    #expect(response?.status == 200)
                }
            }
        }
    }

    /// A session that fills the queue stops the services of its event loop, too.
    @Test func aSessionThatFillsTheQueueStopsThem() async throws {
        try await TestServer.run {
            $0.eventLoops = 1
        } body: { server in
            try await RawClient.with(server) { client in
                try await RawClient.with(server) { device in
                    try await device.open(server)
                    server.store.setRoom(false)
                    try await device.send(ShutdownTests.send)
                    #expect(await device.text()?.contains("accepted") == true)
                    #expect(isRefused(try await ask(client, server, "/v1/messages")))
                }
            }
        }
    }

    /// The body is not even collected; and one that was, when the memory became short meanwhile, goes no further.
    @Test func shortMemoryTakesNoMore() async throws {
        let factory = PrometheusFactory()
        try await TestServer.run(metrics: factory) {
            $0.eventLoops = 1
            $0.pace.bufferBytes = 400_000
        } body: { server in
            try await RawClient.with(server) { client in
                try await RawClient.with(server) { slow in
                    try await RawClient.with(server) { hog in
                        #expect(try await ask(client, server, "/v1/messages")?.status == 200)
                        let token = try server.serviceToken()
                        try await slow.ask(
                            "POST", "/v1/messages",
                            [
                                EndpointTests.json, "authorization: Bearer \(token)",
                                "content-length: \(EndpointTests.body.utf8.count)",
                            ])
                        try await hog.open(server)
                        let frame = ClientFrame.bytes(0x81, [UInt8](repeating: 0x20, count: 390_000))
                        try await hog.write(Array(frame.dropLast()))
                        while server.gateway.figures.bufferBytes < 320_000 {
                            try await Task.sleep(for: .milliseconds(5))
                        }
                        #expect(isRefused(try await ask(client, server, "/v1/messages")))
                        try await slow.write(EndpointTests.body)
                        let refused = await slow.response()
                        #expect(isRefused(refused) && refused?.body.contains(ConnectionTests.idText) == true)
                    }
                    var response = try await ask(client, server, "/v1/messages")
                    while isRefused(response) { response = try await ask(client, server, "/v1/messages") }
                    #expect(response?.status == 200)
                }
            }
            #expect(server.store.commands.filter(ShutdownTests.isSend).count == 2)
        }
        let counted = #"restante_rejected_total{asked="send",code="unavailable"} 1"#
        #expect(factory.text().contains(counted))
    }
}
