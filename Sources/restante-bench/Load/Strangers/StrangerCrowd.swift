import NIOCore
import RestanteGateway

/// Strangers that come at a steady rate. Bound to one event loop.
final class StrangerCrowd {
    private static let tick = TimeAmount.milliseconds(10)
    /// Ticks in a second.
    private static let ticks = 100

    private let setup: StrangersSetup
    private let connector: LoadConnector
    private var ticker: Ticker?
    private var ticked = 0
    private var began = NIODeadline.now()
    private var come = 0
    /// Those that say a byte a second, by the tick of the second at which they say it.
    private var slow: [[Stranger]] = Array(repeating: [], count: ticks)
    private(set) var gone = 0
    /// Gone after their time.
    private(set) var late = 0
    /// Seconds until the last was gone.
    private(set) var goneAfter = 0.0
    private(set) var ends: [String: Int] = [:]
    private(set) var lives = Latencies()

    init(_ setup: StrangersSetup, _ connector: LoadConnector) {
        (self.setup, self.connector) = (setup, connector)
    }

    var isGone: Bool { gone == setup.strangers }

    func begin() {
        began = .now()
        ticker = Ticker(every: Self.tick, on: connector.loop) { [self] _ in step() }
    }

    private func step() {
        ticked += 1
        // By the clock, so that a late tick makes up for it.
        let wanted = Int((NIODeadline.now() - began).nanoseconds / 1000 * Int64(setup.perSecond) / 1_000_000)
        while come < min(wanted, setup.strangers) { next() }
        for stranger in slow[ticked % Self.ticks] { stranger.drip() }
        if isGone { ticker?.cancel() }
    }

    private func next() {
        let kind = setup.kinds[come % setup.kinds.count]
        let stranger = Stranger(kind, dueAt: due(come)) { [self] in ended($0, $1) }
        if kind == .slow { slow[ticked % Self.ticks].append(stranger) }
        come += 1
        connector.connect(stranger, isSecure: kind.isSecure) { stranger.finish() }
    }

    /// When it must be gone: it has the time of a handshake from when it is accepted, which is no later than when so many
    /// before it have been.
    private func due(_ number: Int) -> NIODeadline {
        let accepted = began + .milliseconds(Int64(number * 1000 / PaceLimits().accepts.count))
        return max(accepted, .now()) + GatewayConfiguration().handshakeTimeout + StrangersSetup.slack
    }

    private func ended(_ stranger: Stranger, _ end: ConnectionEnd) {
        gone += 1
        ends[end.name, default: 0] += 1
        lives.add(stranger.life)
        if .now() > stranger.dueAt { late += 1 }
        goneAfter = Double((NIODeadline.now() - began).nanoseconds) / 1e9
    }
}
