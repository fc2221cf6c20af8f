import NIOCore
import NIOHTTP1
import NIOSSL

extension ConnectionServices {
    /// The service that the connection's client certificate names; nil: there is none, or it is not good (any more). On its
    /// event loop.
    ///
    /// - Throws: the answer, when an authority was taken out since the handshake: which one had vouched for the certificate
    ///   is not known, and a new handshake finds out.
    func certified(_ context: ChannelHandlerContext) throws(RefusedRequest) -> TokenClaims? {
        guard let tls = configuration.tls, tls.asksForCertificates, let trust,
            let certificate = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        else { return nil }
        guard tls.stillHolds(trust) else { throw RefusedRequest(.verifiedBefore) }
        return ServiceCertificate.claims(of: certificate, now: tokens.now())
    }
}

extension HTTPAnswer {
    /// The connection ends after it, and whoever has a good certificate goes on with the next one.
    fileprivate static let verifiedBefore: HTTPAnswer = {
        var answer = error(
            .unauthorized, code: 4401, name: "unauthenticated",
            reason: "the authorities that vouch for certificates have changed since the handshake: connect again",
            headers: ["www-authenticate": "Bearer"])
        answer.closes = true
        return answer
    }()
}
