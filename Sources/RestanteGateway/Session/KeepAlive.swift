import NIOCore

/// The timer of one session, by the monotonic clock of its event loop: when to ping, and whether the peer is idle.
struct KeepAlive {
    private let interval: TimeAmount
    private let limit: TimeAmount
    private var last = NIODeadline.now()
    private var task: Scheduled<Void>?

    init(_ configuration: GatewayConfiguration) {
        interval = configuration.pingInterval
        limit = configuration.idleTimeout
    }

    /// Nothing has come for longer than the limit.
    var isIdle: Bool { NIODeadline.now() - last >= limit }

    mutating func heard() { last = .now() }

    mutating func schedule(on eventLoop: any EventLoop, _ beat: @escaping () -> Void) {
        task = eventLoop.assumeIsolated().scheduleTask(in: interval, beat)
    }

    mutating func stop() {
        task?.cancel()
        task = nil
    }
}
