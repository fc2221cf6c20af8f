import Foundation
import Glibc
import Testing

extension SystemTests {
    /// A client that nobody of this project wrote, and the session of docs/PROTOCOL.md, against the built server.
    @Suite struct PythonTests {
        @Test(arguments: ["client_test.py", "protocol_example.py"]) func passes(script: String) async throws {
            let python = try Self.python()
            try await ServerProcess.with { server in
                let token =
                    "\(Products.restante) token --user {user} --device {device} --database \(server.home.database)"
                let done = try await Command.run(
                    python,
                    [
                        Self.repository.appending(path: "Tests/python/\(script)").path, "--url", server.url,
                        "--token-command", token,
                    ], in: server.home)
                #expect(done.status == 0 && done.output.contains(" passed, 0 failed"), "\(done)")
            }
        }

        /// The same client, against the gateway's WebSocket with an echo behind it: what only sockets show, such as
        /// compression that is offered and declined, and the goodbye at SIGTERM.
        @Test func echo() async throws {
            let python = try Self.python()
            try await Home.with { home in
                let echo = try Program(
                    Products.echo, ["--host", ServerProcess.host, "--port", "0"], environment: home.environment,
                    directory: home.url)
                defer { echo.signal(SIGKILL) }
                let line = try #require(try await echo.output.line(with: "listening = "))
                let script = Self.repository.appending(path: "Tests/python/echo_test.py").path
                let done = try await Command.run(
                    python,
                    [script, "--url", "ws://" + line.dropFirst("listening = ".count), "--pid", "\(echo.process)"],
                    in: home)
                #expect(done.status == 0 && done.output.contains(" passed, 0 failed"), "\(done)")
                let status = try await echo.status
                #expect(status == 0)
            }
        }

        static let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
            .standardized

        static func python() throws -> String {
            let python = repository.appending(path: ".venv/bin/python").path
            try #require(FileManager.default.isExecutableFile(atPath: python), "run Scripts/setup --test first")
            return python
        }
    }
}
