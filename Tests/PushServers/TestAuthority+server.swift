import NIOSSL
import TestKit
import X509

extension TestAuthority {
    /// What a server with these names needs, to speak HTTP/2, or HTTP/1.1 with a client that does not.
    func server(_ names: [String]) throws -> NIOSSLContext {
        let pair = try issue(names.map { .dnsName($0) }, usage: .serverAuth)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try pair.certificate.forTLS())],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(pair.keyPEM.utf8), format: .pem)))
        configuration.applicationProtocols = ["h2", "http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }
}
