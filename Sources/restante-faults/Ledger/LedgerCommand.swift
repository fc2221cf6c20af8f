import ArgumentParser
import Glibc

/// Many clients at random, a server that is killed and killed again, and a ledger of what everyone was told.
struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Kill a serving server again and again, and compare what everyone was told with what is there.",
        discussion: """
            Clients send, receive, acknowledge, join, leave, link and unlink at random over real sockets. In the end all \
            devices drain, and what they were told is compared with what they got and with the stopped database.

              Scripts/faults ledger --short
              Scripts/faults ledger --kills 200
            """)

    @Option(help: "SIGKILLs; now and then there is a SIGTERM besides.")
    var kills = 200
    @Option(help: "Decides what each client does and when the server is killed. (default: a fresh one)")
    var seed: UInt64?
    @Option(help: "Devices: half as many users, some with more than one.")
    var clients = 24
    @Option(help: "At most so long between two kills.")
    var secondsBetweenKills = 3.0
    @Option(help: "The server. (default: the `restante` beside this program)")
    var binary: String?
    @Flag(help: "As CI runs it: 12 kills within a minute.")
    var short = false
    @Flag(help: "Keep the directory with the database and the server's log also when nothing is wrong.")
    var keep = false

    func validate() throws {
        guard (4...256).contains(clients), kills > 0, secondsBetweenKills > 0.1 else {
            throw ValidationError("4 to 256 clients, at least one kill, and some time between two.")
        }
    }

    func run() async throws {
        var settings = LedgerSettings(
            kills: kills, seed: seed ?? .random(in: 0 ... .max), clients: clients,
            secondsBetweenKills: secondsBetweenKills, binary: binary ?? LedgerSettings.besides("restante"))
        if short { (settings.kills, settings.secondsBetweenKills) = (12, 2.5) }
        print("ledger: seed \(settings.seed), \(settings.kills) kills, \(settings.clients) devices")
        let broken = try await LedgerRun(settings).run(keeping: keep)
        guard broken.isEmpty else {
            for line in broken { print("BROKEN \(line)") }
            print("ledger: \(broken.count) promises broken; again with: \(settings.command)")
            throw ExitCode.failure
        }
    }
}

struct LedgerSettings: Sendable {
    var kills: Int
    var seed: UInt64
    var clients: Int
    var secondsBetweenKills: Double
    var binary: String

    var command: String {
        "Scripts/faults ledger --seed \(seed) --kills \(kills) --clients \(clients)"
            + " --seconds-between-kills \(secondsBetweenKills)"
    }

    /// A program in the directory of this one.
    static func besides(_ name: String) -> String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count)
        let own = String(decoding: path.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folders = own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        return folders.joined(separator: "/") + "/" + name
    }
}
