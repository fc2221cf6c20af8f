import Foundation
import RestanteClient
import Testing

extension SystemTests {
    /// Metrics of the built server, read with the parser of Prometheus' Python client.
    @Suite struct MetricsTests {
        @Test func prometheusReadsThem() async throws {
            let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
            let python = repository.appending(path: ".venv/bin/python").path
            try #require(FileManager.default.isExecutableFile(atPath: python), "run Scripts/setup --test first")
            try await ServerProcess.with("--operators-port", "0", "--operators-host", ServerProcess.host) { server in
                _ = try await server.restante("listen", "--once", as: "bob/phone")
                _ = try await server.restante("send", "--plain", "--to", "bob", "counted", as: "alice/laptop")
                let line = try await server.program.output.line(with: "operatorsListening = ")
                let address = try #require(line?.split(separator: " ").last)
                let done = try await Command.run(
                    python,
                    [
                        repository.appending(path: "Tests/python/metrics_test.py").path, "--url", "http://\(address)",
                        "--page", repository.appending(path: "docs/METRICS.md").path,
                    ], in: server.home)
                #expect(done.status == 0 && done.output.contains(" passed, 0 failed"), "\(done)")
            }
        }

        @Test func theSocketHasThemToo() async throws {
            try await ServerProcess.with { server in
                let answer = try await Command.run(
                    "/usr/bin/curl",
                    ["-s", "--unix-socket", server.home.database + ".sock", "http://restante/metrics"],
                    in: server.home)
                #expect(answer.output.contains("\nrestante_build_info{version="), "\(answer)")
                #expect(answer.output.contains("\nrestante_sessions 0\n"))
            }
        }
    }
}
