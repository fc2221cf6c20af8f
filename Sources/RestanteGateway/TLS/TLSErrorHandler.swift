import Logging
import NIOCore
import NIOSSL

/// Takes what TLS has to complain of, which is nothing that the handlers behind it could mend.
///
/// NIOSSL ends the connection by itself where that is needed: after a handshake that failed, and after what was no TLS.
final class TLSErrorHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let logger: Logger

    init(logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        // A peer that ends without close_notify: messages have lengths of their own, so nothing can be cut off unseen.
        case NIOSSLError.uncleanShutdown: break
        // What strangers send is no news; the error names only the alert.
        case NIOSSLError.handshakeFailed(let why):
            logger.debug("TLS handshake failed", metadata: ["error": "\(why)"])
        case is NIOSSLError, is BoringSSLError, is NIOSSLCloseTimedOutError:
            logger.debug("TLS failed", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        default: context.fireErrorCaught(error)
        }
    }
}

@available(*, unavailable)
extension TLSErrorHandler: Sendable {}
