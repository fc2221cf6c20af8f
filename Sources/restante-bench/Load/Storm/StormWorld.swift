import NIOCore
import RestanteCore

/// All clients and senders of a storm. Bound to one event loop.
final class StormWorld {
    static let clientUsers = LoadUsers(prefix: "c")
    static let senderUsers = LoadUsers(prefix: "s")

    let clients: [StormClient]
    let senders: [StormSender]
    let ledger: StormLedger
    let template = SendTemplate(to: clientUsers, payloadBytes: 256)
    /// Clients wait as they are told, or by their backoff, instead of coming back all at once.
    let isPolite: Bool
    private let loop: any EventLoop
    /// Not nil while the clients connect for the first time; so for the senders.
    private(set) var ramp: Ramp?
    private(set) var senderRamp: Ramp?
    private var filled: (() -> Void)?
    private var load: Ticker?

    enum Phase {
        case before
        case down
        case returning
    }

    private(set) var phase = Phase.before
    private var began = NIODeadline.now()
    private(set) var backAfter = Latencies()
    private(set) var drainedAfter = Latencies()
    private(set) var back = 0
    private(set) var drainedCount = 0
    /// Attempts that came to nothing after the restart, by what they met.
    private(set) var refusals: [String: Int] = [:]
    var rejected = 0

    init(clients: [String], senders: [String], polite: Bool, _ connector: LoadConnector) {
        loop = connector.loop
        isPolite = polite
        ledger = StormLedger(recipients: clients.count)
        self.clients = clients.enumerated().map { StormClient($0, token: $1, connector: connector) }
        self.senders = senders.enumerated().map { StormSender($0, token: $1, connector: connector) }
        for client in self.clients { client.world = self }
        for sender in self.senders { sender.world = self }
    }

    // MARK: - Before

    func connect(done: @escaping () -> Void) {
        ramp = Ramp(
            clients.count, atOnce: 200, on: loop, attempt: { [clients] in clients[$0].connect() },
            done: { [self] in
                ramp = nil
                connectSenders(done: done)
            })
    }

    private func connectSenders(done: @escaping () -> Void) {
        senderRamp = Ramp(
            senders.count, atOnce: 20, on: loop, attempt: { [senders] in senders[$0].connect() },
            done: { [self] in
                senderRamp = nil
                done()
            })
    }

    /// Sends so many messages to each client, none of which is acknowledged.
    func fill(_ waiting: Int, done: @escaping () -> Void) {
        for client in clients { client.acknowledges = false }
        guard waiting > 0 else { return done() }
        filled = done
        let all = clients.count * waiting
        for (index, sender) in senders.enumerated() {
            sender.send(all * index / senders.count..<all * (index + 1) / senders.count, window: 64)
        }
    }

    func senderIsIdle() {
        guard let filled, senders.allSatisfy(\.isIdle) else { return }
        self.filled = nil
        filled()
    }

    /// Sends so many messages a second from now on; every other client acknowledges what comes.
    func beginLoad(rate: Int) {
        for client in clients where client.number % 2 == 0 { client.acknowledges = true }
        var turn = 0
        load = Ticker(every: .milliseconds(10), on: loop) { [self] _ in
            for _ in 0..<max(1, rate / 100) {
                turn += 1
                senders[turn % senders.count].send(to: (turn &* 7919) % clients.count)
            }
            for sender in senders { sender.connection?.flush() }
        }
    }

    func endLoad() { load?.cancel() }

    // MARK: - After

    /// The server is about to be ended.
    func fall() {
        phase = .down
        began = .now()
        refusals = [:]
        for client in clients { client.acknowledges = true }
    }

    /// The server listens again: everybody comes, the polite in their own time.
    func comeBack() {
        phase = .returning
        began = .now()
        guard !isPolite else { return }
        // Who has not noticed yet that its connection is gone comes when it does: two connections would displace each other.
        for client in clients where client.connection == nil { client.connect() }
    }

    func returned(_ client: StormClient) {
        back += 1
        backAfter.add(.now() - began)
    }

    func drained(_ client: StormClient) {
        drainedCount += 1
        drainedAfter.add(.now() - began)
    }

    func note(_ end: ConnectionEnd) {
        if phase == .returning { refusals[end.name, default: 0] += 1 }
    }

    /// Everybody is back, and nothing is owed to anybody.
    var isOver: Bool {
        drainedCount == clients.count && ledger.owed == 0 && senders.allSatisfy(\.isIdle)
    }
}
