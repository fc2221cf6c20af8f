import NIOCore
import NIOWebSocket
import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// Who stops reading when it becomes too much. One event loop, so that a request on another socket of it shows that
/// whatever had come before has been looked at.
@Suite(.timeLimit(.minutes(5)))
struct BackpressureTests {
    static func send(_ number: Int) -> String {
        #"{"status": {"messageId": "\#(ConnectionTests.idText)"}, "requestId": "\#(number)"}"#
    }

    static func isRequest(_ number: UInt64, _ command: StoreCommand) -> Bool {
        if case .request(_, number, _) = command { true } else { false }
    }

    @Test func fullStoreStopsTheSocketUntilItHasRoom() async throws {
        try await TestServer.run {
            $0.eventLoops = 1
        } body: { server in
            try await RawClient.with(server) { client in
                try await RawClient.with(server) { other in
                    try await client.open(server)
                    server.store.setRoom(false)
                    try await client.send(Self.send(1))
                    // What was handed over is answered, full or not.
                    #expect(await client.text()?.contains(#""requestId":"1""#) == true)
                    try await client.send(Self.send(2))
                    for _ in 0..<3 { #expect(try await other.request("GET", "/healthz")?.status == 200) }
                    #expect(!server.store.commands.contains { Self.isRequest(2, $0) })
                    server.store.setRoom(true)
                    #expect(await client.text()?.contains(#""requestId":"2""#) == true)
                }
            }
        }
    }

    /// A session that is not read because of us is not idle, however long that lasts.
    @Test func stalledSessionIsNotIdle() async throws {
        try await TestServer.run {
            $0.pingInterval = .milliseconds(50)
            $0.idleTimeout = .milliseconds(200)
        } body: { server in
            try await RawClient.with(server) { client in
                server.store.setRoom(false)
                try await client.open(server)
                for _ in 0..<8 { #expect(await client.frame() == .data(.ping, [])) }
            }
        }
    }

    /// The peer's close frame must get through, or the closing would last until its time limit.
    @Test func stalledSessionCanBeClosed() async throws {
        try await TestServer.run {
            $0.closeTimeout = .hours(1)
        } body: { server in
            try await RawClient.with(server) { client in
                server.store.setRoom(false)
                try await client.open(server)
                server.store.report([.ended(await server.store.claimedSession(), .displaced)])
                #expect(await client.text()?.contains("displaced") == true)
                #expect(await client.frame() == .close(4409, "displaced"))
                try await client.send(.connectionClose, [0x11, 0x39])
                #expect(await client.frame() == .end)
            }
        }
    }

    /// Answers are larger than requests: a client that reads none of them may not pile them up.
    @Test func manyUnansweredRequestsAreRefused() {
        var driver = MachineDriver.live()
        let most = UInt64(UnansweredCalls.mostRequests)
        for id in 1...most {
            #expect(driver.take(.received(.request(.listGroups, id: id))) == [.request(id)])
        }
        guard case .write(.other(let frame))? = driver.take(.received(.request(.listGroups, id: most + 1))).first else {
            Issue.record("nothing was answered")
            return
        }
        #expect(frame.requestID == most + 1 && frame.failure.name == ErrorCode.rateLimited.name)
        _ = driver.take(.replied(.success(.done), id: 1))
        #expect(driver.take(.received(.request(.listGroups, id: most + 2))) == [.request(most + 2)])
    }

    @Test func manyUnansweredSendsStopTheSocketUntilHalfAreAnswered() {
        var driver = MachineDriver.live()
        let submission = Submission(id: MessageID(at: 1), to: .user(UserName(unchecked: "bob")), content: .payload([]))
        for _ in 1..<UnansweredCalls.mostSends {
            #expect(!driver.take(.received(.send(submission))).contains(.heedClient(false)))
        }
        #expect(driver.take(.received(.send(submission))).contains(.heedClient(false)))
        for _ in 1..<UnansweredCalls.mostSends / 2 {
            #expect(!driver.take(.sent(submission.id, .relayed)).contains(.heedClient(true)))
        }
        #expect(driver.take(.sent(submission.id, .relayed)).contains(.heedClient(true)))
    }
}
