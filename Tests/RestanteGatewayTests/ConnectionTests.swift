import NIOWebSocket
import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// A session over a real socket, from the upgrade to the end.
@Suite(.timeLimit(.minutes(5)))
struct ConnectionTests {
    static let idText = "AZOrjd4AcACAAAAAAAAAAQ=="

    static func message(_ payload: Payload) -> Message {
        Message(
            id: MessageID(at: 1000), from: .device(TestKeys.alice), conversation: .user(UserName(unchecked: "bob")),
            acceptedAt: 1000, kind: .message, urgency: .normal, payload: payload)
    }

    @Test func connectSendReadAcknowledge() async throws {
        let store = ScriptedStore { command in
            guard case .read(let session) = command else { return ScriptedStore.agreeable(command) }
            return [.page(session, [Delivery(tag: 1, owed: .message(Self.message([1, 2, 3])))], more: false)]
        }
        try await TestServer.run(store: store) { server in
            try await RawClient.with(server) { client in
                let response = try await client.connect(server)
                #expect(response?.status == 101)
                #expect(response?.headers["sec-websocket-protocol"] == "restante.v1.json")
                #expect(response?.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                #expect(await client.text()?.contains("\"welcome\"") == true)
                #expect(await client.text()?.contains("\"deliver\"") == true)
                try await client.send(#"{"send": {"messageId": "\#(Self.idText)", "user": "bob", "payload": "AQI="}}"#)
                #expect(await client.text()?.contains("\"accepted\"") == true)
                try await client.send(#"{"ack": {"through": "1"}}"#)
                #expect(await client.text() == #"{"acked":{"through":"1"}}"#)
                try await client.send(#"{"ping": {}}"#)
                #expect(await client.text() == #"{"pong":{}}"#)
                try await client.send(.connectionClose, [0x03, 0xE8])
                #expect(await client.frame() == .close(1000, ""))
                #expect(await client.frame() == .end)
            }
            _ = await server.store.command { if case .release = $0 { true } else { false } }
        }
    }
}
