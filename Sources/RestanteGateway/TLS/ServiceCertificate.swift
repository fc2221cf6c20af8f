import FoundationEssentials
import NIOSSL
import RestanteCore
import SwiftASN1
import X509

/// Reads a client's certificate as the token of a service. TLS has verified it: its chain, its dates at the handshake, and
/// that it may be used by a client.
enum ServiceCertificate {
    /// What the certificate says; nil if it is not good at this moment (a connection may have outlived it), or names nobody,
    /// or more than one. A certificate allows to send; to manage takes a token with that scope.
    static func claims(of certificate: NIOSSLCertificate, now: Int64) -> TokenClaims? {
        let validity = CertificateValidity(certificate)
        guard validity.problem(at: now) == nil, let bytes = try? certificate.toDERBytes(),
            let parsed = try? Certificate(derEncoded: bytes), let text = name(parsed),
            let service = ServiceName(rawValue: text)
        else { return nil }
        return TokenClaims(
            bearer: .service(service), scopes: .send, issuedAt: validity.from, expiresAt: validity.through)
    }

    /// Its one URI, else its one DNS name; the common name only of a certificate without alternative names (RFC 9525 §2).
    private static func name(_ certificate: Certificate) -> String? {
        let names: SubjectAlternativeNames
        do {
            guard let found = try certificate.extensions.subjectAlternativeNames else { return commonName(certificate) }
            names = found
        } catch {
            return nil
        }
        let uris = names.compactMap { if case .uniformResourceIdentifier(let uri) = $0 { uri } else { nil } }
        let hosts = names.compactMap { if case .dnsName(let host) = $0 { host } else { nil } }
        let candidates = uris.isEmpty ? hosts : uris
        return candidates.count == 1 ? candidates.first : nil
    }

    private static func commonName(_ certificate: Certificate) -> String? {
        let names = certificate.subject.flatMap { Array($0) }.filter { $0.type == .RDNAttributeType.commonName }
        return names.count == 1 ? names.first.flatMap { String($0.value) } : nil
    }
}
