import Foundation
import Testing

extension SystemTests {
    /// The built server with TLS, reloaded by SIGHUP, against clients that nobody of this project wrote; the certificates are
    /// openssl's.
    @Suite struct TLSProcessTests {
        private static let repository = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../..").standardized

        @Test func pythonClients() async throws {
            try await TLSServer.with(
                "--tls-client-ca", "services.pem", "--allowed-origins", "https://app.example.org"
            ) { server in
                let python = Self.repository.appending(path: ".venv/bin/python").path
                try #require(FileManager.default.isExecutableFile(atPath: python), "run Scripts/setup --test first")
                let done = try await Command.run(
                    python,
                    [
                        Self.repository.appending(path: "Tests/python/tls_test.py").path, "--url", server.url,
                        "--folder", server.home.url.path, "--pid", "\(server.program.process)",
                        "--restante", Products.restante,
                    ], in: server.home)
                #expect(done.status == 0 && done.output.contains(" passed, 0 failed"), "\(done)")
                server.program.signal(SIGTERM)
                #expect(try await server.program.status == 0)
                let log = try await server.program.errors.all()
                #expect(log.contains("reloaded"), "\(log)")
                #expect(log.contains("what was in use stays in use"), "\(log)")
            }
        }

        /// The command line as a client: with the authority that it is told of, and not without.
        @Test func theCommandLine() async throws {
            try await TLSServer.with { server in
                let token = try await server.home.restante(
                    "token", "--user", "alice", "--device", "laptop", "--key-file", "keys.json")
                let environment = [
                    "RESTANTE_URL": server.url, "RESTANTE_TOKEN": token.output.trimmingCharacters(in: .newlines),
                ]
                let unknown = try await server.home.restante("group", "list", environment: environment)
                #expect(unknown.status == 69 && unknown.errors.contains("--ca-certificates"), "\(unknown)")
                let told = try await server.home.restante(
                    "group", "list", "--ca-certificates", "ca.pem", environment: environment)
                #expect(told.status == 0, "\(told)")
                let found = try await server.home.restante(
                    "group", "list", environment: environment.merging(["SSL_CERT_FILE": "ca.pem"]) { $1 })
                #expect(found.status == 0, "\(found)")
            }
        }

        @Test(arguments: [
            (["--host", "0.0.0.0"], "--allow-plain"),
            (["--tls-certificate", "none.pem", "--tls-key", "old.key"], "no such file"),
            (["--tls-certificate", "old.pem", "--tls-key", "new.key"], "does not belong"),
            (["--tls-certificate", "old.pem"], "TLS needs both"),
            (["--keys", "ca.pem"], "no JWK set"),
            (["--token-algorithms", "ES256", "--keys", "keys.json"], "tokenAlgorithms"),
        ])
        func whatIsWrongIs78AndTouchesNothing(flags: [String], word: String) async throws {
            try await Home.with { home in
                try await home.makeCertificates()
                let done = try await Command.run(
                    Products.restante, ["serve", "--database", "mail.db", "--port", "0"] + flags, in: home)
                #expect(done.status == 78 && done.errors.contains(word), "\(done)")
                #expect(!FileManager.default.fileExists(atPath: home.database))
            }
        }
    }
}

/// The built server with TLS, in a folder with certificates and keys.
private struct TLSServer {
    let home: Home
    let program: Program
    let port: Int
    var url: String { "wss://localhost:\(port)" }

    static func with(_ flags: String..., body: (TLSServer) async throws -> Void) async throws {
        try await Home.with { home in
            try await home.makeCertificates()
            let arguments =
                ["serve", "--database", home.database, "--port", "0", "--keys", "keys.json"]
                + ["--tls-certificate", "server.pem", "--tls-key", "server.key"] + flags
            let program = try Program(
                Products.restante, arguments, environment: home.environment, directory: home.url)
            defer { program.signal(SIGKILL) }
            let line = try await program.output.line(with: "listening = ")
            let port = try #require(line?.split(separator: ":").last.flatMap { Int($0) }, "it did not start")
            try await body(TLSServer(home: home, program: program, port: port))
        }
    }
}

extension Home {
    /// Two certificates of one authority, one that an authority of services gave to `billing`, and two key sets.
    fileprivate func makeCertificates() async throws {
        let script = """
            set -e
            authority() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.pem \
                -days 2 -subj "/CN=$1"; }
            issue() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.csr -subj "/CN=$1"
                printf '%s\\n' "subjectAltName=$3" "extendedKeyUsage=$4" > $1.ext
                openssl x509 -req -in $1.csr -CA $2.pem -CAkey $2.key -CAcreateserial -days 2 -extfile $1.ext -out $1.pem; }
            authority ca; authority services
            issue old ca DNS:localhost,IP:127.0.0.1 serverAuth
            issue new ca DNS:localhost,IP:127.0.0.1 serverAuth
            issue billing services DNS:billing clientAuth
            cp old.pem server.pem; cp old.key server.key
            key() { printf '{"keys": [{"kty": "oct", "alg": "HS256", "kid": "%s", "k": "%s"}]}' $1 \
                $(openssl rand 32 | basenc --base64url -w 0 | tr -d =) > $2; }
            umask 077
            key one keys.json; key two other-keys.json
            """
        let done = try await Command.run("/bin/sh", ["-c", script], in: self)
        try #require(done.status == 0, "\(done)")
    }
}
