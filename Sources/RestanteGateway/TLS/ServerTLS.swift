import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOSSL

/// TLS as the gateway serves it, from files that can be read again while it runs.
///
/// A handshake that begins takes what was read last; connections that are open go on with what they began with, and so
/// do their session tickets end with it: a resumption after a reload is a full handshake.
public final class ServerTLS: Sendable {
    private let files: TLSFiles
    private let now: @Sendable () -> Int64
    private let material: NIOLockedValueBox<TLSMaterial>

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
        material = NIOLockedValueBox(try TLSMaterial.load(files, now: now()))
    }

    /// What the operator should know about the files, although they are served.
    public var warnings: [String] { material.withLockedValue { $0.warnings } }

    /// Until when the certificate is good, in seconds since the epoch.
    public var expiresAt: Int64 { material.withLockedValue { $0.validity.through } }

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
        material.withLockedValue { $0 = fresh }
    }

    /// Puts TLS before everything else of a fresh connection. On its event loop.
    func secure(_ channel: any Channel, _ logger: Logger) throws {
        let context = material.withLockedValue { $0.context }
        try channel.pipeline.syncOperations.addHandlers([
            NIOSSLServerHandler(context: context), TLSErrorHandler(logger: logger),
        ])
    }
}
