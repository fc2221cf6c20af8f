import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

@testable import RestanteGateway

/// A certificate authority that lives for one test.
struct TestAuthority {
    /// The name in the servers' certificates.
    static let server = "mail.example.org"

    let name: DistinguishedName
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    let certificate: Certificate

    init(_ name: String = "Test authority") throws {
        self.name = try DistinguishedName { CommonName(name) }
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: .now - 3600,
            notValidAfter: .now + 3600, issuer: self.name, subject: self.name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            },
            issuerPrivateKey: key)
    }

    /// A certificate and its key.
    struct Pair {
        var certificate: Certificate
        var key: P256.Signing.PrivateKey

        var pem: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }
        var keyPEM: String { key.pemRepresentation + "\n" }
    }

    func issue(
        _ names: [GeneralName], commonName: String? = nil, usage: ExtendedKeyUsage.Usage? = nil,
        from: Date = .now - 60, through: Date = .now + 600
    ) throws -> Pair {
        let own = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { if let commonName { CommonName(commonName) } }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(own.publicKey), notValidBefore: from,
            notValidAfter: through, issuer: name, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                if !names.isEmpty { SubjectAlternativeNames(names) }
                if let usage { try ExtendedKeyUsage([usage]) }
            },
            issuerPrivateKey: key)
        return Pair(certificate: certificate, key: own)
    }

    func serverPair(from: Date = .now - 60, through: Date = .now + 600) throws -> Pair {
        try issue([.dnsName(Self.server)], usage: .serverAuth, from: from, through: through)
    }

    /// A client that trusts this authority, with a certificate of its own or without.
    func client(
        _ pair: Pair? = nil, _ change: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([try certificate.forTLS()])
        if let pair {
            configuration.certificateChain = [.certificate(try pair.certificate.forTLS())]
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(pair.keyPEM.utf8), format: .pem))
        }
        change(&configuration)
        return try NIOSSLContext(configuration: configuration)
    }
}

extension Certificate {
    func forTLS() throws -> NIOSSLCertificate {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
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
                try Self.write(try services.certificate.serializeAsPEM().pemString, to: path)
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
