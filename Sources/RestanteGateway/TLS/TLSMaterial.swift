import NIOCore
import NIOSSL

/// What the files held when they were read: checked, and ready to be served with.
struct TLSMaterial: Sendable {
    var context: NIOSSLContext
    var validity: CertificateValidity
    /// Vouch for services; empty: clients are asked for no certificate.
    var authorities: Set<NIOSSLCertificate> = []
    /// What the operator should know, although it can be served.
    var warnings: [String] = []

    /// Reads and checks all the files. Blocks for as long as the disk does.
    ///
    /// - Throws: ``GatewayError`` that names the file and says what to do.
    static func load(_ files: TLSFiles, now: Int64) throws(GatewayError) -> TLSMaterial {
        let chain = try certificates(files.certificate, "TLS certificate")
        let (key, isPublic) = try privateKey(files.key)
        let authorities: [NIOSSLCertificate]? =
            if let file = files.clientAuthorities { try certificates(file, "client CA file") } else { nil }
        let context: NIOSSLContext
        do {
            context = try NIOSSLContext(configuration: .restante(chain: chain, key: key, authorities: authorities))
        } catch {
            throw GatewayError(
                .badCertificate,
                "the TLS key \(files.key) does not belong to the first certificate in \(files.certificate): is it the "
                    + "right pair, and does the server's own certificate stand before those of the authorities?")
        }
        var material = TLSMaterial(
            context: context, validity: CertificateValidity(chain[0]), authorities: Set(authorities ?? []))
        if let problem = material.validity.problem(at: now) {
            material.warnings.append("the TLS certificate \(files.certificate) \(problem)")
        }
        if isPublic {
            material.warnings.append(
                "every user of this machine may read the TLS key \(files.key): run `chmod 600` on it, and have a new "
                    + "certificate made if others use the machine")
        }
        return material
    }

    private static func certificates(_ path: String, _ what: String) throws(GatewayError) -> [NIOSSLCertificate] {
        let file = try read(path, what)
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(file.bytes), !certificates.isEmpty else {
            throw GatewayError(
                .badCertificate,
                "the \(what) \(path) holds no certificate in PEM (-----BEGIN CERTIFICATE-----), or a broken one")
        }
        return certificates
    }

    private static func privateKey(_ path: String) throws(GatewayError) -> (key: NIOSSLPrivateKey, isPublic: Bool) {
        let file = try read(path, "TLS key")
        let text = String(decoding: file.bytes, as: UTF8.self)
        // Never asked for: BoringSSL would ask on a terminal.
        guard !text.contains("ENCRYPTED") else {
            throw GatewayError(
                .badCertificate,
                "the TLS key \(path) is encrypted with a passphrase, which a server has nobody to ask for: write it "
                    + "without one (openssl pkey -in … -out …), mode 0600")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: file.bytes, format: .pem) else {
            throw GatewayError(
                .badCertificate, "the TLS key \(path) holds no private key in PEM (-----BEGIN PRIVATE KEY-----)")
        }
        return (key, file.isReadableByAll)
    }

    private static func read(_ path: String, _ what: String) throws(GatewayError) -> SmallFile {
        do {
            return try SmallFile.read(path)
        } catch {
            throw GatewayError(.badCertificate, "cannot read the \(what) \(path): \(error)")
        }
    }
}

extension TLSConfiguration {
    /// TLS 1.2 and 1.3, forward secrecy and AEAD only (RFC 9325 §4.2), HTTP/1.1.
    fileprivate static func restante(
        chain: [NIOSSLCertificate], key: NIOSSLPrivateKey, authorities: [NIOSSLCertificate]?
    ) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        // Of TLS 1.2: those of TLS 1.3 are all of this kind, and cannot be chosen.
        configuration.cipherSuiteValues = [
            .TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, .TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
            .TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, .TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
            .TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, .TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
        ]
        configuration.renegotiationSupport = .none
        configuration.applicationProtocols = ["http/1.1"]
        // A peer that does not answer our close_notify has said all that it had to say.
        configuration.shutdownTimeout = .seconds(1)
        if let authorities {
            // Whoever presents a certificate must have one that verifies; whoever has none comes in with a token.
            configuration.certificateVerification = .optionalVerification
            configuration.trustRoots = .certificates(authorities)
            configuration.sendCANameList = true
        }
        return configuration
    }
}
