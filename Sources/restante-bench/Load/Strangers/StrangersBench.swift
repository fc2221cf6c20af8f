import ArgumentParser
import NIOCore

/// What strangers that hold connections cost the server, and everybody else.
struct StrangersBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "strangers",
        abstract: "Let many connect that never say who they are, beside clients that behave.",
        discussion: """
            Strangers come at a steady rate from several addresses of loopback, whose limits the server is told to apply. \
            Meanwhile pairs exchange messages, and new clients connect. It is an error when a stranger is there longer than \
            a handshake may take, when more are there than their addresses may have, or when a new client does not get in.

              restante-bench strangers
              restante-bench strangers --sources 1
              restante-bench strangers --kind slow --kind half --tls cert.pem --key key.pem --ca ca.pem
            """)

    @Option(help: "Strangers.")
    var strangers = 10_000
    @Option(
        parsing: .unconditionalSingleValue,
        help: "What they do: silent, slow, half or hello; may come more than once. (default: each in turn)")
    var kind: [StrangerKind] = []
    @Option(help: "Addresses that they come from, up to 254; 1: all from one.")
    var sources = 50
    @Option(help: "Strangers that connect in a second.")
    var perSecond = 2000
    @Option(help: "Pairs of clients that exchange messages.")
    var pairs = 20
    @Option(help: "Seconds for which the clients are measured alone.")
    var seconds = 10
    @Flag(help: "As CI runs it: 500 strangers, from 10 addresses and from one.")
    var short = false
    @OptionGroup var options: ServerOptions

    func validate() throws {
        guard options.tls != nil || !kind.contains(.hello) else {
            throw ValidationError("half a TLS hello means something to a server with TLS only: add --tls and --key")
        }
        guard (1...254).contains(sources), strangers > 0, perSecond > 0 else {
            throw ValidationError("there must be strangers, from 1 to 254 addresses")
        }
    }

    func run() async throws {
        let every = StrangerKind.allCases.filter { options.tls != nil || $0 != .hello }
        let kinds = kind.isEmpty ? every : kind
        let setups =
            short
            ? [10, 1].map {
                StrangersSetup(strangers: 500, kinds: kinds, sources: $0, perSecond: 2000, pairs: 4, seconds: 2)
            }
            : [
                StrangersSetup(
                    strangers: strangers, kinds: kinds, sources: sources, perSecond: perSecond, pairs: pairs,
                    seconds: seconds)
            ]
        for setup in setups {
            try OpenFiles.allow(setup.strangers + 1000)
            let report = try await LoadedServer.with(options, flags: ["--pace-trusts-loopback", "false"]) { server in
                try await LoadGenerator.with(server) { clients in
                    // On a thread of their own, so that what they cost the generator is not measured.
                    try await LoadGenerator.with(server) { try await StrangersRun(clients, $0, setup).measure() }
                }
            }
            try report.printed()
            try report.check()
        }
    }
}

/// What is asked of ``StrangersBench``.
struct StrangersSetup: Sendable, Encodable {
    var strangers: Int
    var kinds: [StrangerKind]
    var sources: Int
    var perSecond: Int
    var pairs: Int
    var seconds: Int

    /// By which a stranger may outstay its time: SYNs that come again to a full backlog, a machine that is busy.
    static let slack = TimeAmount.seconds(5)
}
