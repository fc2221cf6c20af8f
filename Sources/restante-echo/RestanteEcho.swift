import ArgumentParser
import Glibc
import NIOCore
import UnixSignals

/// For tests only, and never installed: the gateway's own WebSocket, with a session behind it that answers every message
/// with itself. Conformance suites are pointed at it (`Scripts/conformance`).
@main
struct RestanteEcho: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restante-echo",
        abstract: "Answer WebSocket messages with themselves, through the pipeline of `restante serve`.",
        discussion: """
            Any path, no token, no subprotocol needed. Says where it listens on standard output, and ends on SIGTERM or \
            Ctrl-C with close code 1001.

              restante-echo --port 9001
            """)

    @Option(help: "The address to listen on.")
    var host = "127.0.0.1"
    @Option(help: "The port to listen on; 0 takes a free one.")
    var port = 9001
    @Option(help: "Most bytes of one message.")
    var messageBytes = 32 * 1024 * 1024

    func run() async throws {
        let server = EchoServer(messageBytes: messageBytes)
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let address = try await server.listen(host: host, port: port)
        print("listening = \(address.ipAddress ?? ""):\(address.port ?? 0)")
        fflush(nil)
        for await _ in signals { break }
        try await server.end()
    }
}
