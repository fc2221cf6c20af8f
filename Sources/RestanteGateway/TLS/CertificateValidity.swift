import FoundationEssentials
import NIOSSL

/// When a certificate is good, in seconds since the epoch (RFC 5280 §4.1.2.5: both ends count).
struct CertificateValidity: Sendable, Equatable {
    var from: Int64
    var through: Int64

    init(_ certificate: NIOSSLCertificate) {
        from = Int64(certificate.notValidBefore)
        through = Int64(certificate.notValidAfter)
    }

    /// What is wrong with it at a moment, and what to do; nil if nothing is.
    func problem(at now: Int64) -> String? {
        if now > through { return "expired on \(Self.day(through)): clients refuse it. Put a new one in its place" }
        if now < from {
            return "is not valid before \(Self.day(from)): clients refuse it. Is this machine's clock right?"
        }
        return nil
    }

    static func day(_ seconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
    }
}
