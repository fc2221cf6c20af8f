import Foundation
import Testing

extension SystemTests {
    /// Scripts rely on the numbers: 64 wrong use, 65 wrong data, 69 no server, 77 no token, 78 wrong settings.
    @Suite struct ExitStatusTests {
        @Test(arguments: [
            ["nonsense"], ["send", "--to", "bob"], ["send", "hello"], ["send", "--to", "b", "--group", "g", "hello"],
            ["listen", "--once", "--keep"], ["token", "--user", "bob"], ["migrate", "up"], ["serve", "--port", "many"],
            ["send", "--to", "bob", "--id", "1", "hello"], ["group", "role", "club", "bob", "king"],
            ["send", "--to", "bob", "--ttl", "0", "hello"], ["send", "--to", "bob", "--ttl=-5", "hello"],
            ["token", "--service", "s", "--lifetime", "9223372036854775807"],
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

        /// Refused before the connection is closed over it, and before it is tried again and again.
        @Test func aMessageThatIsTooLargeIs65() async throws {
            try await ServerProcess.with { server in
                _ = try await server.restante("listen", "--once", as: "bob/phone")
                for bytes in [300_000, 3_000_000] {
                    try Data(count: bytes).write(to: URL(filePath: server.home.file("large")))
                    let sent = try await server.restante(
                        "send", "--plain", "--to", "bob", "--file", server.home.file("large"), as: "alice/laptop")
                    #expect(sent.status == 65 && sent.errors.contains("too_large"), "\(sent)")
                }
            }
        }

        @Test func aTokenOfAnotherKeyIs77() async throws {
            try await ServerProcess.with { server in
                try await ServerProcess.with { other in
                    let refused = try await server.restante(
                        "listen", "--as", "bob/phone", "--database", other.home.database)
                    #expect(refused.status == 77, "\(refused)")
                }
            }
        }

        /// A wrong name for the socket must not cost anyone a file.
        @Test func theOperatorsSocketTakesNobodysPlace() async throws {
            try await Home.with { home in
                for path in [home.database, home.file("notes.txt"), home.file("nowhere/socket")] {
                    if path.hasSuffix(".txt") { try Data("notes".utf8).write(to: URL(filePath: path)) }
                    let done = try await home.restante(
                        "serve", "--database", home.database, "--port", "0", "--operators-socket", path)
                    #expect(done.status == 69 && done.errors.contains(path), "\(done)")
                }
                #expect(try await home.sqlite3("PRAGMA integrity_check").output == "ok\n")
                #expect(home.bytes("notes.txt") == Data("notes".utf8))
            }
            try await ServerProcess.with { server in
                let second = try await server.home.restante(
                    "serve", "--database", server.home.file("other.db"), "--port", "0", "--operators-socket",
                    server.home.database + ".sock")
                #expect(second.status == 69 && second.errors.contains("another server"), "\(second)")
                let status = try await server.home.restante("status", "--database", server.home.database)
                #expect(status.status == 0, "\(status)")
            }
        }

        @Test func aKeySetThatCannotBeReadIs78AndMakesNoDatabase() async throws {
            try await Home.with { home in
                let done = try await home.restante(
                    "serve", "--database", home.database, "--port", "0", "--keys", home.file("none.json"))
                #expect(done.status == 78, "\(done)")
                #expect(!FileManager.default.fileExists(atPath: home.database))
            }
        }

        @Test func thePortOfAnotherServerIs69() async throws {
            try await ServerProcess.with { server in
                let second = try await server.home.restante(
                    "serve", "--database", server.home.file("other.db"), "--host", ServerProcess.host, "--port",
                    "\(server.port)")
                #expect(second.status == 69 && second.errors.contains("\(server.port)"), "\(second)")
            }
        }
    }
}
