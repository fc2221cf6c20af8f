import Glibc
import NIOCore
import NIOWebSocket
import RestanteCore
import RestanteMetrics
import RestanteWire
import Testing

@testable import RestanteGateway

/// What a server's life leaves in its metrics.
@Suite(.timeLimit(.minutes(5)))
struct MetricsTests {
    private let factory = PrometheusFactory()

    @Test func aSessionIsCounted() async throws {
        let refusing = ScriptedStore { command in
            guard case .send(let submission, let origin) = command else { return ScriptedStore.agreeable(command) }
            return [.sent(submission.id, .rejected(Refusal(.notAllowed, "scripted")), to: origin)]
        }
        try await TestServer.run(store: refusing, metrics: factory) { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                #expect(value("restante_sessions") == 1 && value("restante_connections") == 1)
                let send = #"{"send": {"messageId": "\#(ConnectionTests.idText)", "user": "bob", "payload": "AQI="}}"#
                try await client.send(send)
                #expect(await client.text()?.contains("rejected") == true)
                try await client.send(#"{"ping": {}}"#)
                #expect(await client.text() == #"{"pong":{}}"#)
                try await client.send(.connectionClose, [0x03, 0xE8])
                #expect(await client.frame() == .close(1000, ""))
                #expect(await client.frame() == .end)
            }
            await server.store.released()
            #expect(value(#"restante_handshakes_total{outcome="101"}"#) == 1)
            #expect(value(#"restante_frames_received_total{kind="send"}"#) == 1)
            #expect(value(#"restante_frames_received_total{kind="ping"}"#) == 1)
            #expect(value(#"restante_frames_sent_total{kind="welcome"}"#) == 1)
            #expect(value(#"restante_frames_sent_total{kind="rejected"}"#) == 1)
            #expect(value(#"restante_rejected_total{asked="send",code="not_allowed"}"#) == 1)
            #expect(value(#"restante_rejected_total{asked="request",code="not_allowed"}"#) == 0)
            #expect(value(#"restante_closes_total{by="client",code="1000"}"#) == 1)
            #expect(value("restante_received_bytes_total") > 80 && value("restante_sent_bytes_total") > 80)
            #expect(value("restante_connections_total") == 1)
        }
        #expect(value("restante_sessions") == 0 && value("restante_connections") == 0)
    }

    @Test func refusedHandshakesAreCountedByOutcome() async throws {
        try await TestServer.run(metrics: factory) { server in
            for _ in 0..<2 {
                try await RawClient.with(server) { client in
                    let refused = try await client.upgrade(["authorization: Bearer x"])
                    #expect(refused?.status == 401)
                }
            }
            try await RawClient.with(server) { client in
                let offered = "sec-websocket-protocol: bearer.x, restante.v1.json"
                let answer = try await client.upgrade([offered])
                #expect(answer?.status == 101)
                #expect(await client.frame() == .close(4401, "unauthenticated"))
            }
            try await RawClient.with(server) { client in
                let found = try await client.request("GET", "/healthz")
                let missing = try await client.request("GET", "/nothing")
                #expect(found?.status == 200 && missing?.status == 404)
            }
            #expect(value(#"restante_handshakes_total{outcome="401"}"#) == 2)
            #expect(value(#"restante_handshakes_total{outcome="4401"}"#) == 1)
            #expect(value(#"restante_handshakes_total{outcome="101"}"#) == 0)
            #expect(value(#"restante_closes_total{by="server",code="4401"}"#) == 1)
            #expect(value(#"restante_http_responses_total{route="healthz",status="200"}"#) == 1)
            #expect(value(#"restante_http_responses_total{route="other",status="404"}"#) == 1)
        }
    }

    /// What was no HTTP, or too much of it, was answered like anything else.
    @Test func malformedRequestsAreCounted() async throws {
        try await TestServer.run(metrics: factory) { server in
            let (garbage, long) = (
                "\u{1}\u{2}\r\n\r\n", "GET / HTTP/1.1\r\nx: " + String(repeating: "x", count: 20_000)
            )
            let target = "GET /\(String(repeating: "x", count: 3000)) HTTP/1.1\r\nhost: test\r\n\r\n"
            for (text, status) in [(garbage, 400), (long, 431), (target, 414)] {
                try await RawClient.with(server) { client in
                    try await client.write(text)
                    #expect(await client.response()?.status == status)
                }
                #expect(value(#"restante_http_responses_total{route="other",status="\#(status)"}"#) == 1, "\(status)")
            }
        }
    }

    /// A service's requests and sends, whoever refuses them.
    @Test func refusedPostsAreCounted() async throws {
        let refusing = ScriptedStore { command in
            guard case .request(_, let id, let origin) = command else { return ScriptedStore.agreeable(command) }
            return [.replied(.failure(Refusal(.notFound, "scripted")), id: id, to: origin)]
        }
        let bodies = [
            ("/v1/requests", "no JSON", 400), ("/v1/messages", "no JSON", 400),
            ("/v1/requests", #"{"requestId": "1", "deleteUser": {"user": ""}}"#, 400),
            ("/v1/requests", #"{"requestId": "1", "deleteUser": {"user": "bob"}}"#, 404),
            ("/v1/requests", #"{"status": {"messageId": "\#(ConnectionTests.idText)"}}"#, 403),
        ]
        try await TestServer.run(store: refusing, metrics: factory) { server in
            let backend = ServiceName(unchecked: "backend")
            let manager = try server.mint.mint(backend, scopes: .manage, lifetime: 60)
            for (path, body, status) in bodies {
                let token = path == "/v1/requests" ? manager : try server.serviceToken()
                try await RawClient.with(server) { client in
                    let headers = [EndpointTests.json, "authorization: Bearer \(token)"]
                    let answer = try await client.request("POST", path, headers, body: body)
                    #expect(answer?.status == status, "\(body)")
                }
            }
        }
        #expect(value(#"restante_rejected_total{asked="request",code="bad_request"}"#) == 1)
        #expect(value(#"restante_rejected_total{asked="send",code="bad_request"}"#) == 1)
        #expect(value(#"restante_rejected_total{asked="request",code="bad_name"}"#) == 1)
        #expect(value(#"restante_rejected_total{asked="request",code="not_found"}"#) == 1)
        #expect(value(#"restante_rejected_total{asked="request",code="not_allowed"}"#) == 1)
        #expect(value(#"restante_http_responses_total{route="requests",status="403"}"#) == 1)
    }

    @Test func aHandshakeThatTakesTooLongIsCounted() async throws {
        try await TestServer.run(metrics: factory, configure: Self.impatient) { server in
            try await RawClient.with(server) { client in
                #expect(await client.response()?.status == 408)
            }
        }
        #expect(value(#"restante_handshakes_total{outcome="timeout"}"#) == 1)
    }

    @Test func aLoopThatIsBlockedIsLate() async throws {
        try await TestServer.run(metrics: factory) { server in
            try await server.gateway.onEveryLoop { usleep(400_000) }
            while value("restante_event_loop_lateness_seconds_count") < 8 {
                try await Task.sleep(for: .milliseconds(20))
            }
        }
        #expect(value(#"restante_event_loop_lateness_max_seconds{loop="0"}"#) > 0.25)
        #expect(value(#"restante_event_loop_lateness_max_seconds{loop="1"}"#) > 0.25)
    }

    @Test func whatTheStoreMeasuresIsShown() throws {
        let metrics = StoreMetrics(factory)
        metrics.take(.commit(commands: 3, nanoseconds: 2_000_000, syncNanoseconds: 1_000_000))
        metrics.take(.pause(.truncation, nanoseconds: 30_000_000))
        var counts = StoreCounts()
        counts.count(.accepted(at: 0, duplicate: false))
        counts.lose(5, because: .quota)
        metrics.take(.counts(counts))
        var sample = StoreSample()
        sample.oldestMilliseconds = 1500
        sample.refusesForWAL = true
        metrics.take(.sample(sample))
        metrics.noticed(.warning)
        #expect(value(#"restante_store_batch_commands_bucket{le="2"}"#) == 0)
        #expect(value(#"restante_store_batch_commands_bucket{le="4"}"#) == 1)
        #expect(value("restante_store_commit_seconds_sum") == 0.002)
        #expect(value("restante_store_sync_seconds_sum") == 0.001)
        #expect(value(#"restante_store_pause_seconds_count{chore="truncation"}"#) == 1)
        #expect(value(#"restante_sends_total{outcome="accepted"}"#) == 1)
        #expect(value(#"restante_messages_lost_total{reason="quota"}"#) == 5)
        #expect(value("restante_messages_oldest_seconds") == 1.5)
        #expect(value(#"restante_store_refusing{because="wal"}"#) == 1)
        #expect(value(#"restante_store_notices_total{level="warning"}"#) == 1)
    }

    @Test func everyLabelHasItsPlace() {
        #expect(HandshakeOutcome.texts[HandshakeOutcome.refused(429).index] == "429")
        #expect(HandshakeOutcome.texts[HandshakeOutcome.refused(418).index] == "other")
        #expect(HandshakeOutcome.texts[HandshakeOutcome.closed(4403).index] == "4403")
        #expect(HandshakeOutcome.texts[HandshakeOutcome.refused(414).index] == "414")
        #expect(HandshakeOutcome.texts[HandshakeOutcome.closed(4409).index] == "other")
        #expect(HandshakeOutcome.texts[HandshakeOutcome.timedOut.index] == "timeout")
        for code in WireCloseCode.allCases {
            #expect(CloseCode.texts[CloseCode(code.rawValue).index] == "\(code.rawValue)")
        }
        for code in ErrorCode.allCases { #expect(ErrorCodeLabel.texts[ErrorCodeLabel(code).index] == code.name) }
    }

    private static func impatient(_ configuration: inout GatewayConfiguration) {
        configuration.handshakeTimeout = .milliseconds(50)
    }

    /// Of one line of the text; -1: it is not there.
    private func value(_ series: String) -> Double {
        let line = factory.text().split(separator: "\n").first { $0.hasPrefix(series + " ") }
        return line.flatMap { Double($0.dropFirst(series.count + 1)) } ?? -1
    }
}
