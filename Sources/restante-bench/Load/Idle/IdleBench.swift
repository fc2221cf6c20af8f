import ArgumentParser
import Foundation

/// What connections cost that do nothing.
struct IdleBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "idle",
        abstract: "Hold idle sessions over real WebSockets, and measure what each costs.",
        discussion: """
            Memory is the server's RSS with the sessions less its RSS before, divided by their number: what the kernel holds \
            for the sockets is not in it. Processor time is measured while nothing happens but pings.

              restante-bench idle --connections 10000
              restante-bench idle --connections 10000 --mail 256
              restante-bench idle --connections 10000 --tls cert.pem --key key.pem
            """)

    @Option(help: "Sessions to hold.")
    var connections = 10_000
    @Option(help: "Seconds over which processor time is measured; a session is pinged every 30.")
    var seconds = 35
    @Option(help: "Messages of 256 bytes that each session takes in and acknowledges before it is idle.")
    var mail = 0
    @Flag(
        help:
            "As CI runs it: 500 sessions that had mail, for 3 seconds, pinged every second, with an error above 64 KiB a session."
    )
    var short = false
    @OptionGroup var options: ServerOptions

    func run() async throws {
        let count = short ? 500 : connections
        try OpenFiles.allow(count + 1000)
        let flags = short ? ["--ping-interval", "1"] : []
        let report = try await LoadedServer.with(options, flags: flags) { server in
            try await LoadGenerator.with(server) { generator in
                try await IdleRun(generator, count, mail: short ? 256 : mail).measure(seconds: short ? 3 : seconds)
            }
        }
        try report.printed()
        if short { try report.check(bytesPerConnection: 64 << 10) }
    }
}

/// What idle sessions came to.
struct IdleReport: LoadReport {
    let scenario = "idle"
    var connections: Int
    var mail: Int
    var tls: Bool
    var before: ProcessFigures
    var with: ProcessFigures
    /// When all are gone again.
    var after: ProcessFigures
    var socketBytes: Int64
    var connectSeconds: Double
    var idleSeconds: Double
    var idleCPUSeconds: Double
    /// Sessions that were lost while nothing happened.
    var lost: Int
    var bytesPerConnection: Int64 { (with.residentBytes - before.residentBytes) / Int64(max(connections, 1)) }

    var rows: [(String, String)] {
        [
            (
                "idle sessions",
                "\(connections) (\(tls ? "TLS" : "plain")) that had \(mail) messages, up in \(connectSeconds.short) s"
            ),
            ("RSS before", before.residentBytes.mebibytes),
            ("RSS with them", with.residentBytes.mebibytes),
            ("RSS a session", "\((Double(bytesPerConnection) / 1024).short) KiB"),
            ("RSS when they are gone", after.residentBytes.mebibytes),
            ("kernel's socket buffers", socketBytes.mebibytes),
            ("open files", "\(with.openFiles)"),
            ("CPU while idle", "\((idleCPUSeconds / idleSeconds * 100).short) % of a core over \(Int(idleSeconds)) s"),
        ]
    }

    func check(bytesPerConnection most: Int64) throws {
        guard lost == 0 else { throw BenchError("\(lost) idle sessions were lost") }
        guard bytesPerConnection <= most else {
            throw BenchError("an idle session costs \(bytesPerConnection) bytes, where \(most) are allowed")
        }
    }

    enum CodingKeys: String, CodingKey {
        case scenario, connections, mail, tls, before, with, after, socketBytes, connectSeconds, idleSeconds,
            idleCPUSeconds,
            lost
    }
}
