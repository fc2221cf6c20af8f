import Foundation
import RestanteClient
import RestanteCore
import Testing

extension SystemTests {
    /// P6: neither payloads nor tokens nor keys are in what the server writes, however much it is told to say.
    @Suite struct SecrecyTests {
        @Test func nothingSecretIsLogged() async throws {
            try await ServerProcess.with("--log-level", "trace") { server in
                let secret = "the old mill at eight"
                _ = try await server.restante("listen", "--once", as: "bob/phone")
                let token = try await server.restante(
                    "token", "--user", "alice", "--device", "laptop", "--database", server.home.database)
                let text = String(try #require(token.lines.first))
                for token in [text, text.dropLast(8) + "AAAAAAAA"] {
                    _ = try await server.restante(
                        "send", "--plain", "--to", "bob", secret, environment: ["RESTANTE_TOKEN": String(token)])
                }
                // Also one that comes over a connection, good or not.
                let other = try await server.restante(
                    "token", "--user", "carol", "--device", "phone", "--database", server.home.database)
                let refreshing = String(try #require(other.lines.first))
                try await Device.with("carol", on: server) { carol in
                    try await carol.untilDrained()
                    _ = try await carol.client.refresh(token: refreshing)
                    await #expect(throws: Refusal.self) {
                        try await carol.client.refresh(token: String(refreshing.dropLast(8) + "AAAAAAAA"))
                    }
                }
                let heard = try await server.restante("listen", "--once", as: "bob/phone")
                #expect(heard.output.contains(secret), "\(heard)")
                let key = try #require(
                    try JSONDecoder().decode(KeyList.self, from: server.home.bytes("mail.db.key")).keys.first?.k)
                #expect(try await server.terminate() == 0)
                let said = try await server.program.output.all() + server.program.errors.all()
                #expect(said.contains("trace") || said.contains("listening"), "nothing was said at all")
                let parts = (text + "." + refreshing).split(separator: ".").map(String.init)
                for hidden in [secret, Data(secret.utf8).base64EncodedString(), key] + parts {
                    #expect(!said.contains(hidden), "\(hidden) was logged")
                }
            }
        }

        private struct KeyList: Decodable {
            struct Key: Decodable { var k: String }
            var keys: [Key]
        }
    }
}
