import FoundationEssentials
import NIOCore
import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// Plain HTTP: messages of the app's backend, and the probes.
@Suite(.timeLimit(.minutes(5)))
struct EndpointTests {
    static let json = "content-type: application/json"
    static let body = #"{"messageId": "\#(ConnectionTests.idText)", "user": "bob", "payload": "AQI="}"#

    static func post(_ client: RawClient, _ server: TestServer, _ body: String, _ headers: [String] = [json])
        async throws
        -> RawClient.Response?
    {
        try await ask(client, server, body, headers)
        return await client.response()
    }

    /// Writes a request and does not wait for its response.
    static func ask(_ client: RawClient, _ server: TestServer, _ body: String, _ headers: [String] = [json])
        async throws
    {
        let token = "authorization: Bearer \(try server.serviceToken())"
        try await client.ask("POST", "/v1/messages", headers + [token], body: body)
    }

    @Test func acceptedMessage() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                let response = try await Self.post(client, server, Self.body)
                #expect(response?.status == 200)
                #expect(response?.headers["content-type"] == "application/json")
                let frame = try WireFormat.json.decodeServerFrame(Array((response?.body ?? "").utf8))
                #expect(frame.accepted.acceptedAt == 1000)
                #expect(frame.accepted.messageID.base64EncodedString() == ConnectionTests.idText)
                // The connection goes on.
                #expect(try await Self.post(client, server, Self.body)?.status == 200)
            }
            guard case .send(let submission, .service(_, let service, _)) = server.store.commands.first else {
                Issue.record("\(server.store.commands)")
                return
            }
            #expect(submission.recipient == .user(UserName(unchecked: "bob")))
            #expect(submission.content == .payload([1, 2]))
            #expect(service == ServiceName(unchecked: "backend"))
        }
    }

    @Test(arguments: [
        (ErrorCode.mailboxFull, 429), (.idConflict, 409), (.noDevices, 404), (.storageFull, 507), (.unavailable, 503),
    ])
    func rejectedMessage(code: ErrorCode, status: Int) async throws {
        let store = ScriptedStore { command in
            guard case .send(let submission, let origin) = command else { return [] }
            return [.sent(submission.id, .rejected(Refusal(code, "scripted", retryAfter: 7)), to: origin)]
        }
        try await TestServer.run(store: store) { server in
            try await RawClient.with(server) { client in
                let response = try await Self.post(client, server, Self.body)
                #expect(response?.status == status)
                #expect(response?.headers["retry-after"] == "7")
                let frame = try WireFormat.json.decodeServerFrame(Array((response?.body ?? "").utf8))
                #expect(frame.rejected.name == code.name)
            }
        }
    }

    @Test func refusedBeforeTheStore() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                #expect(try await Self.post(client, server, "no JSON")?.status == 400)
                #expect(try await Self.post(client, server, #"{"messageId": "AA==", "user": "bob"}"#)?.status == 400)
                #expect(try await Self.post(client, server, Self.body, [])?.status == 415)
                let get = try await client.request("GET", "/v1/messages")
                #expect(get?.status == 405)
                #expect(get?.headers["allow"] == "POST")
            }
            #expect(server.store.commands.isEmpty)
        }
    }

    @Test func tooLargeBody() async throws {
        try await TestServer.run {
            $0.limits.messageBytes = 10
            $0.limits.groupMembers = 1
        } body: { server in
            let body = String(repeating: " ", count: 200 * 1024)
            try await RawClient.with(server) { client in
                let response = try await Self.post(client, server, body)
                #expect(response?.status == 413)
                #expect(response?.headers["connection"] == "close")
                #expect(await client.frame() == .end)
            }
            // Without a length the body itself has to show it.
            try await RawClient.with(server) { client in
                let token = try server.serviceToken()
                try await client.write(
                    "POST /v1/messages HTTP/1.1\r\nhost: test\r\nauthorization: Bearer \(token)\r\n\(Self.json)\r\n"
                        + "transfer-encoding: chunked\r\n\r\n" + String(body.utf8.count, radix: 16)
                        + "\r\n\(body)\r\n0\r\n\r\n")
                #expect(await client.response()?.status == 413)
            }
        }
    }

    @Test func probes() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                for path in ["/healthz", "/readyz"] {
                    let (get, post) = (
                        try await client.request("GET", path), try await client.request("POST", path)
                    )
                    #expect(get?.status == 200, "\(path)")
                    #expect(post?.status == 405)
                }
            }
        }
    }

    /// While the store ends, connections that are there already are told so, and none is upgraded.
    @Test func notReadyWhileShuttingDown() async throws {
        try await TestServer.run(store: ScriptedStore(holdsShutdown: true)) { server in
            try await RawClient.with(server) { probe in
                try await RawClient.with(server) { late in
                    #expect(try await probe.request("GET", "/readyz")?.status == 200)
                    #expect(try await late.request("GET", "/healthz")?.status == 200)
                    server.stop()
                    await server.store.shutdownBegan.value()
                    #expect(try await probe.request("GET", "/readyz")?.status == 503)
                    #expect(try await probe.request("GET", "/healthz")?.status == 200)
                    let post = try await Self.post(late, server, Self.body)
                    #expect(post?.status == 503)
                    #expect(post?.headers["retry-after"] == "1")
                    server.store.letShutdownEnd()
                    #expect(await probe.frame() == .end)
                }
            }
            try await server.ended()
        }
    }

    /// A store that hangs, in a sync that does not return perhaps, is not ready, and says so in time.
    @Test func notReadyWhileTheStoreDoesNotAnswer() async throws {
        try await TestServer.run(store: ScriptedStore { _ in [] }) {
            $0.probeTimeout = .milliseconds(50)
        } body: { server in
            try await RawClient.with(server) { client in
                let (ready, alive) = (
                    try await client.request("GET", "/readyz"), try await client.request("GET", "/healthz")
                )
                #expect(ready?.status == 503)
                #expect(alive?.status == 200)
            }
        }
    }

    /// The time for a request begins with it, not with the answer before it: a service's pooled connection may rest.
    @Test func theTimeOfARequestBeginsWithIt() async throws {
        let store = ScriptedStore { command in
            if case .send = command { ScriptedStore.agreeable(command) } else { [] }
        }
        try await TestServer.run(store: store) {
            $0.handshakeTimeout = .seconds(3)
            $0.probeTimeout = .seconds(1)
        } body: { server in
            try await RawClient.with(server) { client in
                #expect(try await Self.post(client, server, Self.body)?.status == 200)
                // Each takes its second: together more than one request may take.
                for _ in 0..<4 {
                    let response = try await client.request("GET", "/readyz")
                    #expect(response?.status == 503)
                }
            }
        }
    }
}
