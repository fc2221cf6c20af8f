import Foundation
import RestanteClient
import Testing

extension SystemTests {
    @Suite struct OperatorTests {
        @Test func anUnlinkedDeviceIsDisconnectedAndGone() async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { bob in
                    try await bob.untilDrained()
                    let done = try await server.home.restante(
                        "device", "unlink", "bob", "phone", "--database", server.home.database)
                    #expect(done.output == "unlinked\n", "\(done)")
                    #expect(try await bob.end.first { $0 }.code == .forbidden)
                }
                let devices = try await server.home.restante(
                    "device", "list", "bob", "--database", server.home.database)
                #expect(devices.output == "", "\(devices)")
            }
        }

        @Test func aDeletedUserGetsNoMail() async throws {
            try await ServerProcess.with { server in
                _ = try await server.restante("listen", "--once", as: "bob/phone")
                let done = try await server.home.restante("user", "delete", "bob", "--database", server.home.database)
                #expect(done.output == "deleted\n", "\(done)")
                let sent = try await server.restante("send", "--plain", "--to", "bob", "late", as: "alice/laptop")
                #expect(sent.status == 65 && sent.errors.contains("no_devices"), "\(sent)")
            }
        }

        @Test func aTokenOfTheCommandLineIsTaken() async throws {
            try await ServerProcess.with { server in
                let token = try await server.home.restante(
                    "token", "--user", "bob", "--device", "phone", "--database", server.home.database)
                #expect(token.status == 0, "\(token)")
                let text = String(try #require(token.lines.first))
                let heard = try await server.restante("listen", "--once", environment: ["RESTANTE_TOKEN": text])
                #expect(heard.status == 0 && heard.errors.contains("connected as bob/phone"), "\(heard)")
                let forged = text.dropLast(8) + "AAAAAAAA"
                let refused = try await server.restante(
                    "listen", "--once", environment: ["RESTANTE_TOKEN": String(forged)])
                #expect(refused.status == 77, "\(refused)")
            }
        }

        @Test func listenSurvivesARestart() async throws {
            try await ServerProcess.with { server in
                let arguments = [
                    "listen", "--as", "bob/phone", "--database", server.home.database, "--url", server.url,
                ]
                let listener = try Program(
                    Products.restante, arguments, environment: server.home.environment, directory: server.home.url)
                defer { listener.signal(SIGKILL) }
                _ = try await listener.errors.line(with: "up to date")
                #expect(try await server.terminate() == 0)
                _ = try await listener.errors.line(with: "trying again")
                try await server.startAgain()
                let sent = try await server.restante("send", "--to", "bob", "still there?", as: "alice/laptop")
                #expect(sent.status == 0, "\(sent)")
                let line = try await listener.output.line(with: "still there?")
                #expect(line?.hasSuffix("alice/laptop → bob: still there?") == true)
                listener.signal(SIGTERM)
                #expect(try await listener.status == 0)
            }
        }
    }
}
