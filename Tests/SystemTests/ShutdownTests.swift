import Foundation
import Glibc
import RestanteClient
import RestanteCore
import Testing

extension SystemTests {
    @Suite struct ShutdownTests {
        @Test func sigtermTellsClientsAndEndsInGoodOrder() async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { try await $0.untilDrained() }
                try await Device.with("alice", on: server) { alice in
                    try await alice.send("before", to: .user("bob"))
                    let start = ContinuousClock.now
                    #expect(try await server.terminate() == 0)
                    #expect(ContinuousClock.now - start < .seconds(10))
                    try await alice.events.first { $0.contains(.closing(reason: "shutting_down")) ? () : nil }
                    let end = try await alice.events.first { $0.disconnection }
                    #expect(end == .closed(code: 1001))
                    #expect(server.home.bytes("mail.db-wal").isEmpty)
                    try await server.startAgain()
                    try await alice.send("after", to: .user("bob"))
                }
                let heard = try await Device.with("bob", on: server) { try await $0.texts(2) }
                #expect(heard == ["before", "after"])
            }
        }

        @Test func whatWasAnsweredUnderLoadIsThereAfterwards() async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { try await $0.untilDrained() }
                let answered = Watched<[String]>([])
                try await Device.with("alice", on: server) { alice in
                    async let sending: Void = send(from: alice, noting: answered, until: 200)
                    try await answered.first { $0.count >= 50 ? () : nil }
                    #expect(try await server.terminate() == 0)
                    #expect(server.home.bytes("mail.db-wal").isEmpty)
                    try await server.startAgain()
                    try await sending
                }
                let heard = try await Device.with("bob", on: server) { try await $0.texts(200) }
                #expect(heard == answered.now)
            }
        }

        @Test func aNewerConnectionDisplacesTheOlder() async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { older in
                    try await older.untilDrained()
                    try await Device.with("bob", on: server) { newer in
                        try await newer.untilDrained()
                        #expect(try await older.end.first { $0 }.code == .displaced)
                        #expect(older.events.now.contains(.disconnected(.closed(code: 4409), retryAfter: nil)))
                        #expect(newer.end.now == nil)
                    }
                }
            }
        }

        private func send(from alice: Device, noting answered: Watched<[String]>, until count: Int) async throws {
            for number in 1...count {
                try await alice.send("\(number)", to: .user("bob"))
                answered.change { $0.append("\(number)") }
            }
        }
    }
}

extension [ClientEvent] {
    /// How the first connection ended.
    fileprivate var disconnection: Disconnection? {
        for case .disconnected(let how, _) in self { return how }
        return nil
    }
}
