import NIOCore

/// The addresses of names, asked for once for all who want to know, and kept for some time.
///
/// One that is to be asked for again is used until the answer comes: a slow name server holds up its own strangers and
/// nobody who is spoken to already. It is the address that was looked at, so that a later answer leads nowhere else.
actor LookUps {
    /// How long an answer is good for.
    static let lifetime: Duration = .seconds(60)
    /// How long one is used for want of another.
    static let maximumAge: Duration = .seconds(600)
    /// Most names that are remembered; those that are used least are forgotten.
    static let maximumNames = 1024

    private struct Answer {
        var addresses: [SocketAddress]
        var foundAt: Duration
        var askAgainAt: Duration
        var usedAt: Duration
    }

    private struct LookUp {
        let serial: Int
        let task: Task<[SocketAddress], Never>
        var waiting = 0
    }

    private let resolver: any HostResolver
    private let clock: any PushClock
    private var answers: [String: Answer] = [:]
    private var underWay: [String: LookUp] = [:]
    private var serial = 0

    init(resolver: any HostResolver, clock: any PushClock) {
        self.resolver = resolver
        self.clock = clock
    }

    /// Empty if there is none, and when the task is cancelled.
    func addresses(of host: String) async -> [SocketAddress] {
        let now = clock.uptime
        answers[host]?.usedAt = now
        guard let answer = answers[host], now - answer.foundAt < Self.maximumAge else { return await wait(for: host) }
        if now >= answer.askAgainAt {
            answers[host]?.askAgainAt = now + Self.lifetime
            _ = lookUp(host)
        }
        return answer.addresses
    }

    func shutdown() {
        for lookUp in underWay.values { lookUp.task.cancel() }
    }

    private func wait(for host: String) async -> [SocketAddress] {
        let lookUp = lookUp(host)
        underWay[host]?.waiting += 1
        if let addresses = await lookUp.task.valueUnlessCancelled() { return addresses }
        leave(host, lookUp.serial)
        return []
    }

    private func lookUp(_ host: String) -> LookUp {
        if let lookUp = underWay[host] { return lookUp }
        serial += 1
        let isKnown = answers[host] != nil
        let task = Task { [resolver, serial] in
            let addresses = await resolver.addresses(of: host, isKnown: isKnown)
            end(host, serial, addresses)
            return addresses
        }
        let lookUp = LookUp(serial: serial, task: task)
        underWay[host] = lookUp
        return lookUp
    }

    /// The last who waits takes it out of the queue. Whoever asks from now on asks anew.
    private func leave(_ host: String, _ serial: Int) {
        guard underWay[host]?.serial == serial else { return }
        underWay[host]?.waiting -= 1
        guard let lookUp = underWay[host], lookUp.waiting == 0 else { return }
        lookUp.task.cancel()
        underWay[host] = nil
    }

    private func end(_ host: String, _ serial: Int, _ addresses: [SocketAddress]) {
        if underWay[host]?.serial == serial { underWay[host] = nil }
        guard !addresses.isEmpty else { return }
        let now = clock.uptime
        answers[host] = Answer(
            addresses: addresses, foundAt: now, askAgainAt: now + Self.lifetime, usedAt: now)
        if answers.count > Self.maximumNames { forgetHalf() }
    }

    private func forgetHalf() {
        let oldest = answers.sorted { $0.value.usedAt < $1.value.usedAt }.prefix(Self.maximumNames / 2)
        for (host, _) in oldest { answers[host] = nil }
    }
}
