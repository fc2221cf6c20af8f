import NIOCore
import RestanteCore

/// Well-behaved clients that connect, are welcomed and go, one every 50 ms; who is refused comes again when it may. Bound to one event
/// loop.
final class Newcomers {
    static let users = LoadUsers(prefix: "new")
    /// So that none comes more often than every 10 s, as far as the limits of a device let it.
    static let count = 200
    private static let every = TimeAmount.milliseconds(50)

    private let loop: any EventLoop
    private let devices: [Newcomer]
    private var ticker: Ticker?
    private var next = 0
    private var times = Latencies()
    private(set) var refusals: [String: Int] = [:]

    init(_ tokens: [String], _ connector: LoadConnector) {
        loop = connector.loop
        devices = tokens.enumerated().map { Newcomer($0, token: $1, connector: connector) }
        for device in devices { device.newcomers = self }
    }

    /// Most that can be on their way at once, if the slowest took so many milliseconds.
    static func most(within milliseconds: Double) -> Int {
        min(count, Int(milliseconds / (Double(every.nanoseconds) / 1e6)) + 1)
    }

    /// Those that want to come in and are not in.
    var waiting: Int { devices.count(where: \.isWaiting) }

    func begin() {
        ticker = Ticker(every: Self.every, on: loop) { [self] _ in
            devices[next % devices.count].comeIfGone()
            next += 1
        }
    }

    /// No more come; those that wait go on.
    func end() { ticker?.cancel() }

    /// Of those that came in since the last call: from the first attempt to `welcome`.
    func take() -> Latencies.Summary {
        defer { times = Latencies() }
        return times.summary
    }

    fileprivate func cameIn(after time: TimeAmount) { times.add(time) }

    fileprivate func turnedAway(_ end: ConnectionEnd) { refusals[end.name, default: 0] += 1 }
}

private final class Newcomer: LoadDevice {
    weak var newcomers: Newcomers?
    private(set) var isWaiting = false
    private var isThere = false
    private var startedAt = NIODeadline.now()

    func comeIfGone() {
        guard !isWaiting, !isThere else { return }
        isWaiting = true
        startedAt = .now()
        connect()
    }

    override func welcomed() {
        guard isWaiting else { return }
        (isWaiting, isThere) = (false, true)
        newcomers?.cameIn(after: .now() - startedAt)
        connection?.cut()
    }

    override func disconnected(_ end: ConnectionEnd) {
        isThere = false
        guard isWaiting else { return }
        newcomers?.turnedAway(end)
        connector.loop.assumeIsolated().scheduleTask(in: end.wait) { [self] in connect() }
    }
}
