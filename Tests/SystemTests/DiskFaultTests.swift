import Foundation
import RestanteClient
import RestanteCore
import Testing

extension SystemTests {
    /// A disk that fails under the running server: it ends at once, and has told nobody what is not so.
    @Suite struct DiskFaultTests {
        /// SQLite's calls for writing and syncing; the first is the next commit's.
        @Test(arguments: ["pwrite64", "fdatasync"], [1, 2, 5])
        func anErrorEndsTheServerAndNobodyIsAnswered(call: String, when: Int) async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { try await $0.untilDrained() }
                try await Device.with("alice", on: server) { alice in
                    try await alice.untilDrained()
                    let strace = try await failing(call, when: when, of: server)
                    async let answers = send(6, as: alice)
                    #expect(try await server.program.status == 74)
                    let ended = Date().timeIntervalSince1970
                    _ = try await strace.status
                    let injection = try injectedAt(server.home.file("strace.log"))
                    let failed = try #require(injection)
                    #expect(ended - failed < 1, "the process lived on for \(ended - failed) s")
                    #expect(try await server.program.errors.all().contains("the disk failed"))
                    // The client sends again what has no answer.
                    try await server.startAgain()
                    #expect(try await answers == 6)
                }
                let heard = try await Device.with("bob", on: server) { try await $0.texts(6) }
                #expect(heard == (1...6).map { "letter \($0)" })
                #expect(try await server.home.sqlite3("PRAGMA integrity_check").output == "ok\n")
            }
        }

        /// SIGTERM, and the last commit or the emptying of the WAL fails: that is not a clean stop.
        @Test(arguments: ["pwrite64", "fdatasync", "ftruncate"])
        func anErrorWhileItStopsIsAFailure(call: String) async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { try await $0.untilDrained() }
                let strace = try await failing(call, when: 1, of: server)
                server.program.signal(SIGTERM)
                #expect(try await server.program.status == 74)
                _ = try await strace.status
                #expect(try await server.program.errors.all().contains("the disk failed"))
                #expect(try injectedAt(server.home.file("strace.log")) != nil)
                try await server.startAgain()
                #expect(try await server.terminate() == 0)
            }
        }

        @Test(arguments: [
            ["rm", "mail.db"], ["mv", "mail.db", "elsewhere.db"], ["rm", "mail.db-wal"],
            ["sh", "-c", "cp mail.db copy.db && mv copy.db mail.db"],
        ])
        func aFileThatIsTakenAwayEndsTheServer(command: [String]) async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { try await $0.untilDrained() }
                try await Device.with("alice", on: server) { alice in
                    try await alice.untilDrained()
                    let done = try await Command.run("/usr/bin/env", command, in: server.home)
                    try #require(done.status == 0, "\(done)")
                    let sending = Task { try await alice.send("lost?", to: .user("bob")) }
                    #expect(try await server.program.status == 74)
                    sending.cancel()
                    let answer = await sending.result
                    #expect(throws: CancellationError.self) { try answer.get() }
                    #expect(try await server.program.errors.all().contains("deleted, moved or replaced"))
                }
            }
        }

        /// Mounted so, since nobody who runs tests as root is kept out by a mode.
        @Test(arguments: ["", "mail.db"]) func whatCannotBeWrittenIs74(name: String) async throws {
            try await Home.with { home in
                let made = try await home.restante("migrate", "up", "--database", home.database)
                try #require(made.status == 0, "\(made)")
                let path = home.file(name)
                let mount = "mount --bind \(path) \(path) && mount -o remount,ro,bind \(path) || exit 200; exec \"$@\""
                let done = try await Command.run(
                    "/usr/bin/unshare",
                    [
                        "-m", "sh", "-c", mount, "sh", Products.restante, "serve", "--port", "0", "--database",
                        home.database,
                    ],
                    in: home)
                if done.status == 200 || done.errors.contains("unshare failed") {
                    return print("skipped: nothing can be mounted here: \(done.errors)")
                }
                #expect(done.status == 74 && done.errors.contains("may"), "\(done)")
                #expect(try await home.sqlite3("PRAGMA integrity_check", readOnly: false).output == "ok\n")
            }
        }

        private func failing(_ call: String, when: Int, of server: ServerProcess) async throws -> Program {
            let strace = try Program(
                "/usr/bin/strace",
                [
                    "-f", "-ttt", "-p", "\(server.program.process)", "-o", server.home.file("strace.log"), "-e",
                    "trace=\(call)", "-e", "inject=\(call):error=EIO:when=\(when)",
                ], environment: server.home.environment, directory: server.home.url)
            try #require(try await strace.errors.line(with: "attached") != nil, "strace cannot attach")
            return strace
        }

        /// Sends one after the other; how many were accepted.
        private func send(_ count: Int, as device: Device) async throws -> Int {
            for number in 1...count { try await device.send("letter \(number)", to: .user("bob")) }
            return count
        }

        /// Seconds since the epoch.
        private func injectedAt(_ log: String) throws -> Double? {
            let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
            let line = lines.first { $0.contains("(INJECTED)") }
            return line.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Double($0) }
        }
    }
}
