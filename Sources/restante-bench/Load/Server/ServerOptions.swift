import ArgumentParser
import Foundation

/// Which server a load is put on.
struct ServerOptions: ParsableArguments {
    @Option(help: "The binary to start, on a database of its own that is removed afterwards.")
    var server = Bundle.main.bundleURL.appending(path: "restante").path
    @Option(help: "Where that database is made.")
    var directory = NSTemporaryDirectory()
    @Option(help: "The address that it listens on.")
    var host = "127.0.0.1"
    @Option(
        parsing: .unconditionalSingleValue,
        help: "A flag for `restante serve`, as --serve-flag=--ping-interval=5; may come more than once.")
    var serveFlag: [String] = []
    @Flag(
        inversion: .prefixedNo,
        help:
            "Where messages are measured: count the server's allocations, fsyncs and written bytes, which costs it a little."
    )
    var countCalls = true
    @Option(help: "ws://HOST:PORT of a server that runs already, instead.")
    var url: String?
    @Option(help: "The key file of that server, to make tokens with.")
    var keyFile: String?
    @Option(help: "A PEM file: the certificate for the server to use, with --key.")
    var tls: String?
    @Option(help: "A PEM file: the certificate's key.")
    var key: String?
    @Option(help: "A PEM file: the authority that signed it. (default: the certificate itself)")
    var ca: String?

    var serveFlags: [String] { serveFlag.flatMap { $0.split(separator: "=", maxSplits: 1).map(String.init) } }

    var tlsFlags: [String] {
        guard let tls, let key else { return [] }
        return ["--tls-certificate", tls, "--tls-key", key]
    }

    /// What a client trusts; nil: plain.
    var authority: String? { ca ?? tls }
}
