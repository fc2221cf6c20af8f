import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOSSL

/// TLS as the gateway serves it, from files that can be read again while it runs.
///
/// A handshake that begins takes what was read last; connections that are open go on with what they began with, and so
/// do their session tickets end with it: a resumption after a reload is a full handshake. Only what an authority has
/// vouched for ends with the authority: see ``stillHolds(_:)``.
public final class ServerTLS: Sendable {
    /// The authorities that a connection's handshake was verified with, as they were served one after the other.
    struct Trust: Sendable {
        fileprivate var number = 0
    }

    private struct Served {
        var material: TLSMaterial
        /// Another one since the last reload that took an authority out.
        var trust = Trust()
    }

    private let files: TLSFiles
    private let now: @Sendable () -> Int64
    private let served: NIOLockedValueBox<Served>

    /// Reads the files.
    ///
    /// A certificate that has expired, or is not valid yet, is served with a warning: the clock of a machine that has just
    /// started may be wrong, and a server that does not start helps nobody.
    ///
    /// - Throws: ``GatewayError`` that names the file and says what to do.
    public init(
        _ files: TLSFiles, now: @escaping @Sendable () -> Int64 = WallClock.seconds
    ) throws(GatewayError) {
        self.files = files
        self.now = now
        served = NIOLockedValueBox(Served(material: try TLSMaterial.load(files, now: now())))
    }

    /// What the operator should know about the files, although they are served.
    public var warnings: [String] { served.withLockedValue { $0.material.warnings } }

    /// Until when the certificate is good, in seconds since the epoch.
    public var expiresAt: Int64 { served.withLockedValue { $0.material.validity.through } }

    /// The same for people.
    public var expiry: String { CertificateValidity.day(expiresAt) }

    /// Whether clients are asked for a certificate.
    var asksForCertificates: Bool { files.clientAuthorities != nil }

    /// Reads the files again. If it throws, what was served before is served further.
    ///
    /// Here a certificate that is not valid now is refused, for what is served is no worse.
    public func reload() throws(GatewayError) {
        let fresh = try TLSMaterial.load(files, now: now())
        if let problem = fresh.validity.problem(at: now()) {
            throw GatewayError(.badCertificate, "the TLS certificate \(files.certificate) \(problem)")
        }
        served.withLockedValue { served in
            // An authority that came in takes nothing from those that were there before.
            if !served.material.authorities.isSubset(of: fresh.authorities) { served.trust.number += 1 }
            served.material = fresh
        }
    }

    /// Puts TLS before everything else of a fresh connection. On its event loop.
    ///
    /// - Returns: what a certificate of its client will have been verified with.
    func secure(_ channel: any Channel, _ logger: Logger) throws -> Trust {
        let (context, trust) = served.withLockedValue { ($0.material.context, $0.trust) }
        try channel.pipeline.syncOperations.addHandlers([
            NIOSSLServerHandler(context: context), TLSErrorHandler(logger: logger),
        ])
        return trust
    }

    /// Whether every authority that there was is still there: else a certificate that was verified then may be of one that
    /// was taken out, and must be shown anew.
    func stillHolds(_ trust: Trust) -> Bool { served.withLockedValue { $0.trust.number == trust.number } }
}
