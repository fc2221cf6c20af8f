import Foundation
import Testing

extension SystemTests {
    /// A client that nobody of this project wrote, and the session of docs/PROTOCOL.md, against the built server.
    @Suite struct PythonTests {
        @Test(arguments: ["client_test.py", "protocol_example.py"]) func passes(script: String) async throws {
            let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
            let python = repository.appending(path: ".venv/bin/python").path
            try #require(FileManager.default.isExecutableFile(atPath: python), "run Scripts/setup --test first")
            try await ServerProcess.with { server in
                let token =
                    "\(Products.restante) token --user {user} --device {device} --database \(server.home.database)"
                let done = try await Command.run(
                    python,
                    [
                        repository.appending(path: "Tests/python/\(script)").path, "--url", server.url,
                        "--token-command", token,
                    ], in: server.home)
                #expect(done.status == 0 && done.output.contains(" passed, 0 failed"), "\(done)")
            }
        }
    }
}
