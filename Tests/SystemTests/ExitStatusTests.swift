import Foundation
import Testing

extension SystemTests {
    /// Scripts rely on the numbers: 64 wrong use, 65 wrong data, 69 no server, 77 no token, 78 wrong settings.
    @Suite struct ExitStatusTests {
        @Test(arguments: [
            ["nonsense"], ["send", "--to", "bob"], ["send", "hello"], ["send", "--to", "b", "--group", "g", "hello"],
            ["listen", "--once", "--keep"], ["token", "--user", "bob"], ["migrate", "up"], ["serve", "--port", "many"],
            ["send", "--to", "bob", "--id", "1", "hello"], ["group", "role", "club", "bob", "king"],
        ])
        func wrongUseIs64(arguments: [String]) async throws {
            try await Home.with { home in
                let done = try await Command.run(Products.restante, arguments, in: home)
                #expect(done.status == 64, "\(done)")
                #expect(!done.errors.isEmpty && done.output.isEmpty, "\(done)")
            }
        }

        @Test func aMissingNameIs64() async throws {
            try await ServerProcess.with { server in
                let missing = try await server.home.restante(
                    "listen", "--once", "--database", server.home.database, environment: ["RESTANTE_URL": server.url])
                #expect(missing.status == 64 && missing.errors.contains("--as"), "\(missing)")
                let broken = try await server.restante("listen", "--once", as: "bob")
                #expect(broken.status == 64 && broken.errors.contains("USER/DEVICE"), "\(broken)")
            }
        }

        @Test func noKeyFileIs77AndNoServerIs69() async throws {
            try await ServerProcess.with { server in
                let tokenless = try await server.restante("listen", "--once", "--as", "bob/phone")
                #expect(tokenless.status == 77 && tokenless.errors.contains("RESTANTE_TOKEN"), "\(tokenless)")
                try await server.kill()
                let alone = try await server.restante("listen", "--once", as: "bob/phone")
                #expect(alone.status == 69, "\(alone)")
                let overview = try await server.home.restante("status", "--database", server.home.database)
                #expect(overview.status == 69 && !overview.errors.isEmpty, "\(overview)")
            }
        }

        @Test func noKeyToEncryptToIs65() async throws {
            try await ServerProcess.with { server in
                let sent = try await server.restante("send", "--to", "bob", "hello", as: "alice/laptop")
                #expect(sent.status == 65 && sent.errors.contains("restante key"), "\(sent)")
            }
        }

        @Test func allThatIsWrongWithTheSettingsIsToldAtOnce() async throws {
            try await Home.with { home in
                try Data(#"{"prot": 1, "limits": {"messageBites": 2}, "logLevel": "loud"}"#.utf8)
                    .write(to: URL(filePath: home.file("config.json")))
                let done = try await home.restante(
                    "serve", "--config", home.file("config.json"), "--port", "70000", "--database", home.database,
                    environment: ["RESTANTE_PROT": "1", "RESTANTE_IDLE_TIMEOUT": "soon"])
                #expect(done.status == 78 && done.output.isEmpty, "\(done)")
                for problem in [
                    "prot:", "limits.messageBites:", "logLevel:", "port:", "RESTANTE_PROT:", "idleTimeout:",
                ] {
                    #expect(done.errors.contains("  \(problem)"), "\(done)")
                }
                #expect(!FileManager.default.fileExists(atPath: home.database))
            }
        }

        @Test func thePortOfAnotherServerIs69() async throws {
            try await ServerProcess.with { server in
                let second = try await server.home.restante(
                    "serve", "--database", server.home.file("other.db"), "--port", "\(server.port)")
                #expect(second.status == 69 && second.errors.contains("\(server.port)"), "\(second)")
            }
        }
    }
}
