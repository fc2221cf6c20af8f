import FoundationEssentials
import NIOSSL
import TestKit
import Testing

@testable import RestanteGateway

/// A certificate that is changed while sessions are open.
@Suite(.timeLimit(.minutes(5)))
struct TLSReloadTests {
    private func certificate(_ server: TestServer, _ files: TestTLSFiles) async throws -> NIOSSLCertificate? {
        var certificate: NIOSSLCertificate?
        try await RawClient.with(server, tls: try files.authority.client()) { client in
            #expect(try await client.request("GET", "/healthz")?.status == 200)
            certificate = try await client.agreed().certificate
        }
        return certificate
    }

    @Test func newHandshakesSeeTheNewOneAndOpenSessionsGoOn() async throws {
        try await TestTLSFiles.with { files in
            let (old, new) = (try files.authority.serverPair(), try files.authority.serverPair())
            try files.put(old)
            let tls = try ServerTLS(files.files)
            try await TestServer.run(configure: { $0.tls = tls }) { server in
                try await RawClient.with(server, tls: try files.authority.client()) { session in
                    try await session.open(server)
                    #expect(try await session.agreed().certificate == old.certificate.forTLS())
                    try files.put(new)
                    #expect(try await certificate(server, files) == old.certificate.forTLS())
                    try tls.reload()
                    #expect(try await certificate(server, files) == new.certificate.forTLS())
                    try await session.send(#"{"ping":{}}"#)
                    #expect(await session.text() == #"{"pong":{}}"#)
                }
            }
        }
    }

    /// What cannot be served is refused, and what was served before is served further.
    static let broken: [(what: String, word: String, breaking: @Sendable (TestTLSFiles) throws -> Void)] = [
        ("no certificate", "no certificate in PEM", { try TestTLSFiles.write("", to: $0.files.certificate) }),
        (
            "half of a pair", "does not belong",
            { try TestTLSFiles.write(try $0.authority.serverPair().pem, to: $0.files.certificate) }
        ),
        ("expired", "expired on", { try $0.put(try $0.authority.serverPair(through: .now - 30)) }),
        ("early", "is not valid before", { try $0.put(try $0.authority.serverPair(from: .now + 60)) }),
    ]

    @Test func aFailedReloadChangesNothing() async throws {
        try await TestTLSFiles.with { files in
            let pair = try files.authority.serverPair()
            try files.put(pair)
            let tls = try ServerTLS(files.files)
            try await TestServer.run(configure: { $0.tls = tls }) { server in
                for (what, word, breaking) in Self.broken {
                    try breaking(files)
                    let error = #expect(throws: GatewayError.self, "\(what)") { try tls.reload() }
                    #expect(error?.code == .badCertificate)
                    #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
                    #expect(try await certificate(server, files) == pair.certificate.forTLS(), "\(what)")
                }
            }
        }
    }
}
