import NIOCore

/// Says when a connection's token is about to expire, so that it is refreshed before. On the client's event loop.
///
/// Times are milliseconds since the epoch by the server's clock, as its welcome told it.
final class TokenExpiry {
    private let loop: any EventLoop
    private var timer: Scheduled<Void>?
    private var waiter: CheckedContinuation<Bool, Never>?
    private var welcome: (serverTime: Int64, at: NIODeadline)?
    private var isDue = false
    private var isOver = false

    init(loop: any EventLoop) { self.loop = loop }

    /// How long to wait when so much is left: until a minute before, for a short-lived token three quarters.
    static func wait(left: Int64) -> Int64 { max(left - 60_000, left / 4 * 3, 1000) }

    func welcomed(serverTime: Int64, expiresAt: Int64?) {
        welcome = (serverTime, .now())
        if let expiresAt { expires(at: expiresAt) }
    }

    func expires(at time: Int64) {
        guard let welcome, !isOver else { return }
        timer?.cancel()
        let left = time - welcome.serverTime - (NIODeadline.now() - welcome.at).nanoseconds / 1_000_000
        // No connection lives for ten years, and a timer of centuries would overflow.
        let wait = min(Self.wait(left: left), 10 * 365 * 24 * 3_600_000)
        timer = loop.assumeIsolated().scheduleTask(in: .milliseconds(wait)) { [self] in due() }
    }

    func disconnected() {
        timer?.cancel()
        welcome = nil
        isDue = false
    }

    /// Resumes with true when a token is about to expire, with false when the client has ended. For one caller at a time.
    func next(_ continuation: CheckedContinuation<Bool, Never>) {
        loop.assertInEventLoop()
        if isDue || isOver {
            isDue = false
            continuation.resume(returning: !isOver)
        } else {
            waiter = continuation
        }
    }

    func end() {
        isOver = true
        timer?.cancel()
        waiter.take()?.resume(returning: false)
    }

    private func due() {
        if let waiter = waiter.take() { waiter.resume(returning: true) } else { isDue = true }
    }
}

@available(*, unavailable)
extension TokenExpiry: Sendable {}
