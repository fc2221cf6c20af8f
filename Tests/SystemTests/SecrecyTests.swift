import Foundation
import RestanteCore
import Testing

extension SystemTests {
    /// P6: neither payloads nor tokens nor keys nor digests are in what the server writes, however much it is told to say:
    /// logs, settings, metrics, answers to operators, the bodies of errors and the reasons of closes.
    @Suite struct SecrecyTests {
        @Test(arguments: ["text", "json"]) func nothingSecretIsWritten(format: String) async throws {
            try await ServerProcess.with(
                "--log-level", "trace", "--log-format", format, "--limits-message-bytes", "2000"
            ) { server in
                var life = SecretLife(server)
                try await life.sendAndReceive()
                try await life.useBadTokens()
                try await life.refresh()
                try await life.sendNonsense()
                try await life.postAsService()
                try await life.operate()
                try await life.readDigests()
                #expect(try await server.terminate() == 0)
                let said = try await server.program.output.all() + server.program.errors.all()
                for part in ["received", "sent", "session opened", "handshake refused", "answered", "an operator"] {
                    #expect(said.contains(part), "\(part): the test has not seen what it was to look through")
                }
                #expect(life.secrets.count > 15 && life.messageIDs.count > 2)
                for secret in life.secrets + life.messageIDs {
                    #expect(!secret.isIn(said), "\(secret.name) was logged")
                }
                for secret in life.secrets {
                    #expect(!secret.isIn(life.answers), "\(secret.name) was answered to somebody else")
                }
            }
        }

        /// The default level tells nobody who was there.
        @Test func noNameIsLoggedByDefault() async throws {
            try await ServerProcess.with { server in
                _ = try await server.restante("listen", "--once", as: "bob/telephone")
                _ = try await server.restante("send", "--plain", "--to", "bob", "hello", as: "alice/laptop")
                _ = try await server.home.restante("device", "list", "bob", "--database", server.home.database)
                _ = try await server.home.restante(
                    "device", "unlink", "bob", "telephone", "--database", server.home.database)
                _ = try await server.home.restante("user", "delete", "alice", "--database", server.home.database)
                #expect(try await server.terminate() == 0)
                let said = try await server.program.errors.all()
                for part in ["starting", "listening", "an operator unlinked", "an operator deleted", "stopped"] {
                    #expect(said.contains(part), "\(part) is missing in: \(said)")
                }
                for name in ["bob", "telephone", "alice", "laptop"] { #expect(!said.contains(name), "\(said)") }
            }
        }

        @Test func secretsAreFoundInEveryForm() {
            let secret = Secret("test", "a secret with \u{FFFD}?>~~ in it")
            let longer = Data("xy".utf8) + secret.bytes + Data("tail".utf8)
            for text in [
                "said: a secret with \u{FFFD}?>~~ in it.", secret.bytes.map { String(format: "%02X", $0) }.joined(),
                secret.bytes.base64EncodedString(), longer.base64EncodedString(),
                longer.dropFirst().base64EncodedString().replacing("/", with: "_").replacing("+", with: "-"),
            ] { #expect(secret.isIn(text), "\(text)") }
            #expect(!secret.isIn("another secret with nothing in it"))
        }
    }
}
