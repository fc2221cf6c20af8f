/// The files that TLS is served with, all in PEM.
public struct TLSFiles: Sendable, Equatable {
    /// The server's certificate, and after it those of the authorities between it and the root.
    public var certificate: String
    /// The private key to it: PKCS#8 or the older forms, without a passphrase.
    public var key: String
    /// Certificates of authorities that vouch for services; nil: clients are asked for no certificate.
    public var clientAuthorities: String?

    public init(certificate: String, key: String, clientAuthorities: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }
}
