import ArgumentParser
import Foundation
import RestanteClient
import RestanteCore
import UnixSignals

/// Receives what is owed to a device.
struct Listen: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Receive messages, print them, and acknowledge them.",
        discussion: """
            Links the device and makes a key for its user the first time; from then on mail is held for it, whether or not \
            it listens. Reconnects by itself, so a restart of the server goes by unnoticed. Each line is written before \
            its message is acknowledged; what was not acknowledged comes again the next time.

              restante listen --as bob/phone
              restante listen --as bob/phone --once          what waits, and no more
              restante listen --as bob/phone --json | jq .

            Ends with SIGINT or SIGTERM.
            """)

    @OptionGroup var options: ClientOptions
    @Flag(help: "End when everything that was waiting has been received.")
    var once = false
    @Flag(help: "One JSON object a line, with the payload as it came, in base64, and what it says if it can be opened.")
    var json = false
    @Flag(help: "Acknowledge nothing: all of it comes again the next time.")
    var keep = false

    func validate() throws {
        // Without acknowledgements there is no `drained`, and the window never moves on.
        guard !(once && keep) else { throw ValidationError("--once ends when all is acknowledged: not with --keep.") }
    }

    func run() async throws {
        try await connected(options, patience: once ? 4 : nil, reading: true) { client in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return client.stop() }
                }
                try await receive(from: client)
                tasks.cancelAll()
            }
        }
    }

    private func receive(from client: RestanteClient) async throws {
        var printer = Printer(json: json)
        for await event in client.events {
            switch event {
            case .welcome(let welcome):
                printer.key = try Keyring().makePair(of: welcome.address.user)
                note("connected as \(welcome.address); \(welcome.pending.messages) waiting")
            case .epochChanged:
                note("the server was restored from a backup, or made anew: what came before may come again")
            case .delivery(let owed, let token):
                try printer.show(owed)
                if !keep { client.acknowledge(through: token) }
            case .relayed(let message): try printer.show(.message(message))
            case .drained:
                note("up to date")
                if once { return }
            case .closing(let reason): note("the server closes: \(reason)")
            case .disconnected(let how, let retryAfter): note(how, retryAfter)
            case .acknowledged: break
            }
        }
    }

    private func note(_ how: Disconnection, _ retryAfter: Int64?) {
        guard let retryAfter else { return }
        let what =
            switch how {
            case .unreachable(let why): "cannot connect: \(why)"
            case .refused, .closed: "\(how)"
            }
        note("\(what); trying again in \(retryAfter) ms")
    }

    /// Beside the messages, which alone are on standard output.
    private func note(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}
