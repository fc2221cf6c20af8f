package import Crypto
package import Foundation
package import NIOSSL
import SwiftASN1
package import X509

/// A certificate authority that lives for one test.
package struct TestAuthority {
    package let name: DistinguishedName
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    package let certificate: Certificate

    package init(_ name: String = "Test authority") throws {
        self.name = try DistinguishedName { CommonName(name) }
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: .now - 3600,
            notValidAfter: .now + 3600, issuer: self.name, subject: self.name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            },
            issuerPrivateKey: key)
    }

    /// As whoever trusts it has it.
    package var pem: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }

    /// A certificate and its key.
    package struct Pair {
        package var certificate: Certificate
        package var key: P256.Signing.PrivateKey

        package var pem: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }
        package var keyPEM: String { key.pemRepresentation + "\n" }
    }

    package func issue(
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

    /// A client that trusts this authority, with a certificate of its own or without.
    package func client(
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
    package func forTLS() throws -> NIOSSLCertificate {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
    }
}
