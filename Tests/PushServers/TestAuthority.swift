import Crypto
import Foundation
package import NIOSSL
import SwiftASN1
import X509

/// A certificate authority that lives for one test.
package struct TestAuthority {
    private let name: DistinguishedName
    private let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
    private let certificate: Certificate

    package init() throws {
        name = try DistinguishedName { CommonName("Test authority") }
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: .now - 3600,
            notValidAfter: .now + 3600, issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            },
            issuerPrivateKey: key)
    }

    package var pem: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }

    /// What a server with these names needs, to speak HTTP/2 only.
    package func server(_ names: [String]) throws -> NIOSSLContext {
        let own = P256.Signing.PrivateKey()
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(own.publicKey), notValidBefore: .now - 60,
            notValidAfter: .now + 600, issuer: name, subject: try DistinguishedName {},
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                SubjectAlternativeNames(names.map { .dnsName($0) })
                try ExtendedKeyUsage([.serverAuth])
            },
            issuerPrivateKey: key)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try certificate.forTLS())],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(own.pemRepresentation.utf8), format: .pem)))
        configuration.applicationProtocols = ["h2"]
        return try NIOSSLContext(configuration: configuration)
    }
}

extension Certificate {
    fileprivate func forTLS() throws -> NIOSSLCertificate {
        var serializer = DER.Serializer()
        try serializer.serialize(self)
        return try NIOSSLCertificate(bytes: serializer.serializedBytes, format: .der)
    }
}
