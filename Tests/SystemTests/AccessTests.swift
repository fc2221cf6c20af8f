import Foundation
import RestanteClient
import RestanteCore
import Testing

extension SystemTests {
    /// Access that is taken back, and users that are not heard.
    @Suite struct AccessTests {
        /// Within the commit, far from the five seconds that it may take; and the key file's own next token counts again.
        @Test func aRevokedTokenClosesItsConnection() async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { bob in
                    try await bob.untilDrained()
                    let asked = ContinuousClock.now
                    let done = try await server.home.restante(
                        "token", "revoke", "--user", "bob", "--device", "phone", "--database", server.home.database)
                    #expect(done.output == "revoked\n", "\(done)")
                    try await bob.events.first { $0.contains(.closing(reason: "token_revoked")) ? () : nil }
                    #expect(try await bob.end.first { $0 }.code == .unauthenticated)
                    #expect(asked.duration(to: .now) < .seconds(5))
                }
                let devices = try await server.home.restante(
                    "device", "list", "bob", "--database", server.home.database)
                #expect(devices.output.hasPrefix("phone\t"), "\(devices)")
            }
        }

        @Test func aBlockedUserIsNotHeard() async throws {
            try await ServerProcess.with { server in
                _ = try await server.restante("listen", "--once", as: "bob/phone")
                let blocked = try await server.restante("block", "alice", as: "bob/phone")
                #expect(blocked.output == "blocked\n", "\(blocked)")
                #expect(try await server.restante("blocks", as: "bob/phone").output == "alice\n")
                let sent = try await server.restante("send", "--plain", "--to", "bob", "hear me", as: "alice/laptop")
                #expect(sent.status == 0 && sent.output.hasPrefix("accepted "), "\(sent)")
                #expect(!server.home.holdsInDatabase("hear me"), "nothing of it is stored")
                let state = try await server.home.sqlite3("SELECT DISTINCT state FROM deliveries")
                #expect(state.output == "withheld\n", "\(state)")
                #expect(try await server.restante("unblock", "alice", as: "bob/phone").output == "unblocked\n")
                _ = try await server.restante("send", "--plain", "--to", "bob", "now", as: "alice/laptop")
                let heard = try await server.restante("listen", "--once", as: "bob/phone")
                #expect(heard.output.contains("now") && !heard.output.contains("hear me"), "\(heard)")
            }
        }
    }
}
