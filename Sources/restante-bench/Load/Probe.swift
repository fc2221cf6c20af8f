import NIOCore
import NIOPosix

/// Connections that are pinged every 10 ms and do nothing else: how long a pong takes shows how long the server's event loops
/// were busy with others.
///
/// On a thread of its own, so that the generator's work is not taken for the server's. Pings are answered on the event loop
/// of the connection without the store. A server spreads connections over its loops, so a few probes meet all of them.
struct Probe: Sendable {
    static let users = LoadUsers(prefix: "probe")
    static let count = 4
    private static let every = TimeAmount.milliseconds(10)

    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let devices: NIOLoopBound<[ProbeDevice]>
    private let lag: NIOLoopBoundBox<Latencies>
    private let ticker: NIOLoopBoundBox<Ticker?>

    init(_ server: LoadedServer) async throws {
        let target = try server.target(connections: Self.count)
        let tokens = try (0..<Self.count).map { try server.token(Self.users.address($0)) }
        let loop = group.next()
        devices = try await loop.submit {
            let connector = LoadConnector(target, on: loop)
            return NIOLoopBound(
                tokens.enumerated().map { ProbeDevice($0, token: $1, connector: connector) }, eventLoop: loop)
        }.get()
        lag = NIOLoopBoundBox.makeBoxSendingValue(Latencies(), eventLoop: loop)
        ticker = NIOLoopBoundBox.makeEmptyBox(eventLoop: loop)
    }

    private var loop: any EventLoop { group.next() }

    /// Connects, and pings from then on; what was measured before is forgotten.
    func begin() async throws {
        try await loop.flatSubmit { [devices, loop, lag] in
            let up = loop.makePromise(of: Void.self)
            var left = devices.value.count
            lag.value = Latencies()
            for device in devices.value {
                device.begin {
                    left -= 1
                    if left == 0 { up.succeed() }
                }
            }
            return up.futureResult
        }.get()
        try await loop.submit { [devices, loop, lag, ticker] in
            ticker.value?.cancel()
            ticker.value = Ticker(every: Self.every, on: loop) { late in
                lag.value.add(late)
                for device in devices.value { device.ping() }
            }
        }.get()
    }

    /// Round trips of a ping, and how late the probe's own timer was: what is longer than both is the server's.
    func end() async throws -> (roundTrips: Latencies.Summary, ownLag: Latencies.Summary) {
        try await loop.submit { [devices, lag, ticker] in
            ticker.value?.cancel()
            var all = Latencies()
            for device in devices.value { device.end(&all) }
            return (all.summary, lag.value.summary)
        }.get()
    }

    func shutdown() async throws { try await group.shutdownGracefully() }
}

/// One connection of a ``Probe``. Bound to one event loop.
private final class ProbeDevice: LoadDevice {
    private var times = Latencies()
    private var pingedAt: NIODeadline?
    private var up: (() -> Void)?
    private(set) var isOver = true

    func begin(up: @escaping () -> Void) {
        (self.up, isOver, times, pingedAt) = (up, false, Latencies(), nil)
        connect()
    }

    func ping() {
        guard isWelcome, pingedAt == nil else { return }
        pingedAt = .now()
        connection?.write(OutgoingFrame.ping)
        connection?.flush()
    }

    func end(_ all: inout Latencies) {
        if let pingedAt { times.add(.now() - pingedAt) }
        all.add(times)
        isOver = true
        connection?.cut()
    }

    override func welcomed() {
        up?()
        up = nil
    }

    override func ponged() {
        if let pingedAt { times.add(.now() - pingedAt) }
        pingedAt = nil
    }

    override func disconnected(_ end: ConnectionEnd) {
        pingedAt = nil
        guard !isOver else { return }
        connector.loop.assumeIsolated().scheduleTask(in: .milliseconds(20)) { [self] in connect() }
    }
}
