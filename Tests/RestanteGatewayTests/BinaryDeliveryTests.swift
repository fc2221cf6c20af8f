import FoundationEssentials
import NIOWebSocket
import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// What sessions of the binary subprotocol get, as SwiftProtobuf reads it: over real sockets.
@Suite(.timeLimit(.minutes(5)))
struct BinaryDeliveryTests {
    /// Sizes at which the header of a frame changes its form; a client of the other subprotocol is among the readers.
    @Test(arguments: [1, 50, 200, 70_000])
    func everyReaderOfAGroupGetsItsOwnTag(bytes: Int) async throws {
        try await Self.withThree { server, clients, sessions in
            let tags: [UInt64] = [1, 300, 1 << 40]
            let readers = zip(sessions, tags).map { LiveReader(session: $0, tag: $1) }
            let message = Message.test(bytes: bytes)
            server.store.report([.live(message, to: readers), .relay(message, to: sessions)])
            for (client, tag) in zip(clients.dropLast(), tags) {
                let frames = try await [Self.next(client), Self.next(client)]
                #expect(frames == [.live(message, tag: tag), .live(message, tag: 0)])
            }
            #expect(await clients[2].text()?.contains(#""tag":"\#(tags[2])""#) == true)
        }
    }

    /// Frames that are written in place, and frames that SwiftProtobuf writes.
    @Test func framesOfBothWritersKeepTheOrder() async throws {
        try await Self.withThree { server, clients, sessions in
            let gap = Delivery(tag: 2, owed: .gap(.group(GroupName(unchecked: "g")), count: 3, reason: .quota))
            let page = [.message(1), gap, .message(3, bytes: 20_000), .message(4)]
            let id = MessageID(at: 1000)
            server.store.report([
                .page(sessions[0], page, more: false), .acknowledged(sessions[0], through: 4), .drained(sessions[0]),
                .sent(id, .accepted(at: 5, duplicate: true), to: .session(sessions[0])),
                .sent(id, .rejected(Refusal(.noDevices, "scripted")), to: .session(sessions[0])),
            ])
            let expected: [WireServerFrame] =
                page.map { .deliver($0) } + [
                    .acked(through: 4), .drained(), .sent(id, .accepted(at: 5, duplicate: true)),
                    .sent(id, .rejected(Refusal(.noDevices, "scripted"))),
                ]
            var frames: [WireServerFrame] = []
            for _ in expected { frames.append(try await Self.next(clients[0])) }
            #expect(frames == expected)
        }
    }

    @Test func sendsAndAcknowledgementsReachTheStore() async throws {
        try await Self.withThree { server, clients, sessions in
            let send = Submission(
                id: MessageID(at: 1000), to: .group(GroupName(unchecked: "g")), content: .payload([1, 2, 3]),
                timeToLive: 60, groupVersion: 7)
            var frame = WireClientFrame()
            (frame.send.messageID, frame.send.group, frame.send.payload) = (Data(send.id.bytes), "g", Data([1, 2, 3]))
            (frame.send.ttl, frame.send.groupVersion) = (60, 7)
            try await clients[0].send(.binary, WireFormat.proto.encode(frame))
            frame.ack.through = 9
            try await clients[0].send(.binary, WireFormat.proto.encode(frame))
            #expect(try await Self.next(clients[0]) == .sent(send.id, .accepted(at: 1000, duplicate: false)))
            #expect(try await Self.next(clients[0]) == .acked(through: 9))
            #expect(server.store.commands.contains(.send(send, from: .session(sessions[0]))))
        }
    }

    /// Two sessions of the binary subprotocol and one of the other, on one event loop.
    private static func withThree(
        _ body: (TestServer, [RawClient], [SessionID]) async throws -> Void
    ) async throws {
        try await TestServer.run {
            $0.eventLoops = 1
        } body: { server in
            try await RawClient.with(server) { first in
                try await RawClient.with(server) { second in
                    try await RawClient.with(server) { third in
                        let clients = [first, second, third]
                        for (number, client) in clients.enumerated() {
                            try await open(client, server, number, number < 2 ? .proto : .json)
                        }
                        let sessions = server.store.commands.compactMap { command in
                            if case .claim(let claim) = command { claim.session } else { nil }
                        }
                        try await body(server, clients, sessions)
                    }
                }
            }
        }
    }

    private static func open(
        _ client: RawClient, _ server: TestServer, _ number: Int, _ format: WireFormat
    ) async throws {
        let address = PressureTests.device(number)
        let response = try await client.upgrade([
            "authorization: Bearer \(server.userToken(address))", "sec-websocket-protocol: \(format.subprotocol)",
        ])
        #expect(response?.status == 101)
        guard case .data = await client.frame() else {
            Issue.record("no welcome")
            return
        }
    }

    private static func next(_ client: RawClient) async throws -> WireServerFrame {
        guard case .data(.binary, let bytes) = await client.frame() else { return WireServerFrame() }
        return try WireFormat.proto.decodeServerFrame(bytes)
    }
}
