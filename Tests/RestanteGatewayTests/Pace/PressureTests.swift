import NIOCore
import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// Drains by turns, events in slices, and what happens when memory runs out: over real sockets.
@Suite(.timeLimit(.minutes(5)))
struct PressureTests {
    static func isRead(_ command: StoreCommand) -> Bool { if case .read = command { true } else { false } }

    static func device(_ number: Int) -> DeviceAddress {
        DeviceAddress(user: TestKeys.alice.user, device: DeviceName(unchecked: "device \(number)"))
    }

    /// A store that reads pages only when the test says so.
    static func lazy() -> ScriptedStore {
        ScriptedStore { isRead($0) ? [] : ScriptedStore.agreeable($0) }
    }

    /// Of many sessions at once only so many read, in the order of their asking; who is live is not behind them.
    @Test func pagesAreReadInTurn() async throws {
        let store = Self.lazy()
        try await TestServer.run(store: store) {
            $0.eventLoops = 1
            $0.pace.drains = 2
        } body: { server in
            try await Self.withClients(4, server) { sessions in
                #expect(store.commands.filter(Self.isRead) == sessions.prefix(2).map { .read($0) })
                store.report([.page(sessions[1], [], more: false)])
                _ = await store.command { $0 == .read(sessions[2]) }
                #expect(!store.commands.contains(.read(sessions[3])))
                store.report([.page(sessions[0], [], more: false)])
                _ = await store.command { $0 == .read(sessions[3]) }
            }
        }
    }

    private static func withClients(
        _ count: Int, _ server: TestServer, _ sessions: [SessionID] = [], _ body: ([SessionID]) async throws -> Void
    ) async throws {
        guard sessions.count < count else { return try await body(sessions) }
        try await RawClient.with(server) { client in
            let response = try await client.upgrade([
                "authorization: Bearer \(server.userToken(device(sessions.count)))",
                "sec-websocket-protocol: restante.v1.json",
            ])
            #expect(response?.status == 101)
            #expect(await client.text()?.contains("welcome") == true)
            let claims = server.store.commands.compactMap {
                if case .claim(let claim) = $0 { claim.session } else { nil }
            }
            try await withClients(count, server, claims, body)
        }
    }

    /// A batch that takes longer than a slice is told whole and in order, and the end waits for it.
    @Test func slicesKeepTheOrder() async throws {
        try await TestServer.run {
            $0.pace.slice = .zero
        } body: { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                let session = await server.store.claimedSession()
                let tags = 1...UInt64(300)
                server.store.report(tags.map { .live(.test(), to: [LiveReader(session: session, tag: $0)]) })
                server.stop()
                var told: [String] = []
                while let text = await client.text() { told.append(text) }
                let inOrder = zip(told, tags).allSatisfy { $0.contains(#""tag":"\#($1)""#) }
                #expect(inOrder && told.count == 301)
                #expect(told.last?.contains("closing") == true)
            }
        }
    }

    /// One that reads nothing fills the budget: nobody comes in any more, senders wait, and then it is the one that goes.
    @Test func whoHoldsMostForLongestGoes() async throws {
        try await TestServer.run {
            $0.eventLoops = 1
            $0.pace.bufferBytes = 1 << 20
            // Longer than it takes to write all that, on a busy machine, too.
            $0.pace.stuckAfter = .seconds(4)
            $0.limits.windowBytes = 64 << 20
        } body: { server in
            try await RawClient.with(server) { stuck in
                try await RawClient.with(server) { sender in
                    try await stuck.open(server)
                    let session = await server.store.claimedSession()
                    try await Self.open(sender, server, Self.device(1))
                    try await stuck.setReading(false)
                    let mail = (1...UInt64(16)).map { Delivery.message($0, bytes: 1 << 20) }
                    server.store.report([.page(session, mail, more: false)])
                    try await Self.waitUntil { server.gateway.figures.bufferBytes > 1 << 20 }
                    try await RawClient.with(server) { client in
                        let response = await client.response()
                        #expect(response?.status == 503)
                    }
                    try await sender.send(ShutdownTests.send)
                    #expect(await sender.text()?.contains("accepted") == true)
                    try await sender.send(ShutdownTests.send)
                    await server.store.released()
                    // The sender was not read until then, and is now.
                    #expect(await sender.text()?.contains("accepted") == true)
                    #expect(server.gateway.figures.bufferBytes < 1 << 19)
                }
            }
        }
    }

    /// A message that never ends holds memory, and the budget knows.
    @Test func whatIsPutTogetherCounts() async throws {
        try await TestServer.run { server in
            try await RawClient.with(server) { client in
                try await client.open(server)
                let frame = ClientFrame.bytes(0x81, [UInt8](repeating: 0x20, count: 400_000))
                try await client.write(Array(frame.dropLast()))
                try await Self.waitUntil { server.gateway.figures.bufferBytes > 300_000 }
            }
            try await Self.waitUntil { server.gateway.figures.bufferBytes < 100_000 }
        }
    }

    private static func open(_ client: RawClient, _ server: TestServer, _ address: DeviceAddress) async throws {
        let response = try await client.upgrade([
            "authorization: Bearer \(server.userToken(address))", "sec-websocket-protocol: restante.v1.json",
        ])
        #expect(response?.status == 101)
        #expect(await client.text()?.contains("welcome") == true)
    }

    private static func waitUntil(_ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(ContinuousClock.now < deadline, "it did not come to that")
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
