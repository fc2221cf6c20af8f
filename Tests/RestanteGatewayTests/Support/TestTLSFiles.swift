import Foundation
import TestKit
import X509

@testable import RestanteGateway

extension TestAuthority {
    /// The name in the servers' certificates.
    static let server = "mail.example.org"

    func serverPair(from: Date = .now - 60, through: Date = .now + 600) throws -> Pair {
        try issue([.dnsName(Self.server)], usage: .serverAuth, from: from, through: through)
    }
}

/// The files of a TLS server in a directory of their own.
struct TestTLSFiles {
    let authority: TestAuthority
    let files: TLSFiles

    /// - Parameter services: vouches for the certificates of services.
    static func with(
        services: TestAuthority? = nil, _ body: (TestTLSFiles) async throws -> Void
    ) async throws {
        try await TemporaryDirectory.with { directory in
            let authority = try TestAuthority()
            let files = TestTLSFiles(
                authority: authority,
                files: TLSFiles(
                    certificate: directory + "/server.pem", key: directory + "/server.key",
                    clientAuthorities: services == nil ? nil : directory + "/services.pem"))
            if let services, let path = files.files.clientAuthorities {
                try Self.write(try services.pem, to: path)
            }
            try files.put(try authority.serverPair())
            try await body(files)
        }
    }

    func put(_ pair: TestAuthority.Pair) throws {
        try Self.write(try pair.pem, to: files.certificate)
        try Self.write(pair.keyPEM, to: files.key)
    }

    static func write(_ text: String, to path: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }
}
