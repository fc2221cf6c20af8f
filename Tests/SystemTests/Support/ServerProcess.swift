import Foundation
import Glibc
import RestanteCore
import RestanteGateway
import Synchronization

/// The built server on a database of its own, which can be killed and started again on the same file.
final class ServerProcess: Sendable {
    struct DidNotStart: Error {
        var said: String
    }

    let home: Home
    private let flags: [String]
    private let state: Mutex<(program: Program, port: Int)>

    /// Runs a server in a temporary directory for `body`; kills it afterwards if it still runs.
    static func with<Result>(_ flags: String..., body: (ServerProcess) async throws -> Result) async throws -> Result {
        try await Home.with { home in
            let server = try await ServerProcess(home, flags)
            do {
                let result = try await body(server)
                try await server.kill()
                return result
            } catch {
                server.program.signal(SIGKILL)
                throw error
            }
        }
    }

    /// A loopback address that nothing else uses: on 127.0.0.1 another test, or a client's end of a connection, may be given
    /// the port between a kill and the start that wants it again.
    static let host = "127.0.0.43"

    /// Whoever calls this kills it, too.
    init(_ home: Home, _ flags: [String]) async throws {
        self.home = home
        self.flags = flags
        state = Mutex(try await Self.launch(home, flags, port: 0))
    }

    private static func launch(_ home: Home, _ flags: [String], port: Int) async throws -> (Program, Int) {
        let arguments = ["serve", "--database", home.database, "--host", host, "--port", "\(port)"] + flags
        let program = try Program(
            Products.restante, arguments, environment: home.environment, directory: home.url)
        guard let line = try await program.output.line(with: "listening = "),
            let port = Int(line.split(separator: ":").last ?? "")
        else {
            program.signal(SIGKILL)
            throw DidNotStart(said: try await program.errors.all())
        }
        return (program, port)
    }

    var program: Program { state.withLock { $0.program } }
    var port: Int { state.withLock { $0.port } }
    var url: String { "ws://\(Self.host):\(port)" }
    func http(_ path: String) -> String { "http://\(Self.host):\(port)\(path)" }

    /// SIGKILL, and wait until the kernel has taken everything from it.
    func kill() async throws {
        program.signal(SIGKILL)
        _ = try await program.status
    }

    /// SIGTERM; the exit status.
    func terminate() async throws -> Int32 {
        program.signal(SIGTERM)
        return try await program.status
    }

    /// Starts it again on the same file and the same port.
    func startAgain() async throws {
        let started = try await Self.launch(home, flags, port: port)
        state.withLock { $0 = started }
    }

    /// Mints tokens with the key file that the server made.
    func mint() async throws -> TokenMint {
        try TokenMint(keys: try await KeyFile.open(at: home.database + ".key"))
    }

    /// Runs a command of the binary against this server.
    func restante(_ arguments: String..., environment: [String: String] = [:]) async throws -> Command {
        let here = ["RESTANTE_URL": url].merging(environment) { $1 }
        return try await Command.run(Products.restante, arguments, in: home, environment: here)
    }

    /// Runs a command that speaks as a device; its token is made with the server's key file.
    func restante(_ arguments: String..., as identity: String) async throws -> Command {
        try await restante(arguments, as: identity)
    }

    func restante(_ arguments: [String], as identity: String) async throws -> Command {
        try await Command.run(
            Products.restante, arguments + ["--as", identity, "--database", home.database], in: home,
            environment: ["RESTANTE_URL": url])
    }
}
