import ArgumentParser
import Foundation
import NIOSSL
import RestanteClient
import RestanteCore
import RestanteGateway

/// Where the server is and who asks; the same for all commands that speak to it over the wire.
struct ClientOptions: ParsableArguments {
    @Option(help: "The server: ws://HOST:PORT or wss://HOST. (default: $RESTANTE_URL, or ws://127.0.0.1:7070)")
    var url: String?
    @Option(
        name: .customLong("as"),
        help: """
            Who asks: USER/DEVICE. A token is made with the key file of --database, unless $RESTANTE_TOKEN has one. A device \
            has one connection: a command as a device that is listening takes its place.
            """)
    var identity: String?
    @Option(
        help: "Authorities in PEM that vouch for a wss server, instead of the system's. (default: $SSL_CERT_FILE)")
    var caCertificates: String?
    @Option(help: "The server's database, beside which its key file is. (default: restante.db)")
    var database = "restante.db"

    /// - Parameter patience: attempts to connect before the command gives up; nil: it never does.
    func configuration(patience: Int?) async throws -> ClientConfiguration {
        let environment = ProcessInfo.processInfo.environment
        var configuration = ClientConfiguration(
            url: url ?? environment["RESTANTE_URL"] ?? "ws://127.0.0.1:7070", token: "")
        if let token = environment["RESTANTE_TOKEN"], !token.isEmpty {
            configuration.token = token
        } else {
            let mint = try await mint()
            let address = try address()
            configuration.token = try mint(address)
            configuration.renewToken = { try mint(address) }
        }
        configuration.maximumFailures = patience
        if let path = caCertificates ?? environment["SSL_CERT_FILE"], !path.isEmpty {
            configuration.tls.trustRoots = .certificates(try authorities(path))
        }
        return configuration
    }

    private func authorities(_ path: String) throws(CommandFailure) -> [NIOSSLCertificate] {
        guard let found = try? NIOSSLCertificate.fromPEMFile(path), !found.isEmpty else {
            throw CommandFailure(.usage, "\(path) cannot be read, or holds no certificate in PEM")
        }
        return found
    }

    private func mint() async throws -> @Sendable (DeviceAddress) throws -> String {
        let path = ServeSettings.keyFile(besides: database)
        guard FileManager.default.fileExists(atPath: path) else {
            throw CommandFailure(
                .notPermitted,
                "no token: set RESTANTE_TOKEN, or name the server's database with --database (there is no \(path))")
        }
        let mint = try TokenMint(keys: try await KeyFile.open(at: path))
        return { try mint.mint($0, lifetime: 3600) }
    }

    private func address() throws(CommandFailure) -> DeviceAddress {
        guard let identity else {
            throw CommandFailure(.usage, "say who asks: --as USER/DEVICE, or a token in RESTANTE_TOKEN")
        }
        // The last slash: user names may have slashes in them.
        guard let slash = identity.lastIndex(of: "/") else {
            throw CommandFailure(.usage, "--as is USER/DEVICE, for instance alice/laptop")
        }
        return DeviceAddress(
            user: try name(String(identity[..<slash]), "user"),
            device: try name(String(identity[identity.index(after: slash)...]), "device"))
    }
}
