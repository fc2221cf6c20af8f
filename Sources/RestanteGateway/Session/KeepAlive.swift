import NIOCore

/// The timer of one session, by the monotonic clock of its event loop: when to ping, and whether the peer is idle.
struct KeepAlive {
    private let interval: TimeAmount
    private let limit: TimeAmount
    private var last = NIODeadline.now()
    private var timer: LoopTimers.Timer?
    private let timers: LoopTimers

    init(_ configuration: GatewayConfiguration, _ timers: LoopTimers) {
        self.timers = timers
        interval = configuration.pingInterval
        limit = configuration.idleTimeout
    }

    /// Nothing has come for longer than the limit.
    var isIdle: Bool { NIODeadline.now() - last >= limit }

    mutating func heard() { last = .now() }

    mutating func schedule(_ beat: @escaping () -> Void) { timer = timers.schedule(in: interval, beat) }

    mutating func stop() {
        if let timer { timers.cancel(timer) }
        timer = nil
    }
}
