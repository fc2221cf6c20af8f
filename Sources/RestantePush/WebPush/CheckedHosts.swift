import AsyncHTTPClient
import NIOCore
import RestanteCore

/// Clients for hosts that were named by strangers, each of which connects to one address that was looked at before.
///
/// A name is resolved here and not again when the connection is made, so that a second answer cannot lead elsewhere.
actor CheckedHosts {
    /// Why a host cannot be spoken to.
    enum Trouble: Error {
        case forbidden
        case unresolved
    }

    /// A client, for as long as a request takes.
    struct Lease: Sendable {
        let client: HTTPClient
        fileprivate let host: String
        fileprivate let serial: UInt64
    }

    private struct Pin {
        let client: HTTPClient
        let address: SocketAddress
        let serial: UInt64
        var checkedAt: Duration
        var usedAt: Duration
        var users = 0
    }

    /// How long an answer of the resolver is good for.
    static let lifetime: Duration = .seconds(60)
    /// Most hosts that clients are kept for although nobody speaks to them: browsers have a handful of push services, and
    /// each client holds the machine's certificate authorities, a megabyte or so.
    static let maximumIdle = 16

    private let http: PushHTTP
    private let policy: AddressPolicy
    private let resolver: any HostResolver
    private let clock: any PushClock
    private var pins: [String: Pin] = [:]
    /// Clients that are used to the end of a request, and not for another.
    private var retired: [UInt64: Pin] = [:]
    /// How often connecting to a host has failed: the next attempt goes to its next address.
    private var turns: [String: Int] = [:]
    private var serial: UInt64 = 0
    private var hasEnded = false

    init(http: PushHTTP, policy: AddressPolicy, resolver: any HostResolver, clock: any PushClock) {
        self.http = http
        self.policy = policy
        self.resolver = resolver
        self.clock = clock
    }

    /// A client for a host, to be given back. Throws early when the task is cancelled.
    func lease(_ host: String) async throws(Trouble) -> Lease {
        if let lease = leaseKept(host) { return lease }
        let addresses = try await check(host)
        // Somebody else may have been faster.
        if let lease = leaseKept(host) { return lease }
        guard !hasEnded else { throw .unresolved }
        let former = renew(host, addresses)
        // Taken before anything is waited for: meanwhile others may drop what nobody uses.
        guard let lease = leaseKept(host) else { throw .unresolved }
        if let former { await letGo(former) }
        await dropIdle()
        return lease
    }

    /// Keeps the client of a host if its address is still one of the host's; otherwise makes another.
    ///
    /// - Returns: the client that was replaced.
    private func renew(_ host: String, _ addresses: [SocketAddress]) -> Pin? {
        if let pin = pins[host], addresses.contains(pin.address) {
            pins[host]?.checkedAt = clock.uptime
            return nil
        }
        return pins.updateValue(pin(host, addresses), forKey: host)
    }

    /// - Parameter hasFailed: whether no answer came: the next request goes to another address, if there is one.
    func give(back lease: Lease, hasFailed: Bool) async {
        if let gone = retired[lease.serial] {
            retired[lease.serial]?.users -= 1
            guard gone.users == 1 else { return }
            retired[lease.serial] = nil
            try? await gone.client.shutdown()
        } else if pins[lease.host]?.serial == lease.serial {
            pins[lease.host]?.users -= 1
            pins[lease.host]?.usedAt = clock.uptime
            guard hasFailed else {
                turns[lease.host] = nil
                return
            }
            turns[lease.host, default: 0] += 1
            await retire(lease.host)
        }
    }

    func shutdown() async {
        hasEnded = true
        for host in pins.keys { await retire(host) }
    }

    private func leaseKept(_ host: String) -> Lease? {
        guard let pin = pins[host], !hasEnded, clock.uptime - pin.checkedAt < Self.lifetime else { return nil }
        pins[host]?.users += 1
        pins[host]?.usedAt = clock.uptime
        return Lease(client: pin.client, host: host, serial: pin.serial)
    }

    /// All addresses must be allowed: a public one beside a private one is how the private one is reached.
    private func check(_ host: String) async throws(Trouble) -> [SocketAddress] {
        let addresses: [SocketAddress]
        if let literal = try? SocketAddress(ipAddress: host, port: 0) {
            addresses = [literal]
        } else {
            addresses = await resolve(host)
        }
        guard !addresses.isEmpty else { throw .unresolved }
        guard addresses.allSatisfy({ IPAddress($0).map(policy.allows) ?? false }) else { throw .forbidden }
        return addresses
    }

    /// Empty when the task is cancelled: a name server may be slow on purpose, and a resolver cannot be stopped.
    private func resolve(_ host: String) async -> [SocketAddress] {
        let (stream, continuation) = AsyncStream.makeStream(of: [SocketAddress].self)
        Task { [resolver] in
            continuation.yield(await resolver.addresses(of: host))
            continuation.finish()
        }
        for await addresses in stream { return addresses }
        return []
    }

    private func pin(_ host: String, _ addresses: [SocketAddress]) -> Pin {
        let address = addresses[turns[host, default: 0] % addresses.count]
        guard let text = address.ipAddress else { preconditionFailure("only IP addresses are allowed") }
        serial += 1
        let client = http.makeClient(idleTimeout: .seconds(60), addresses: [host: text])
        return Pin(client: client, address: address, serial: serial, checkedAt: clock.uptime, usedAt: clock.uptime)
    }

    private func retire(_ host: String) async {
        if let pin = pins.removeValue(forKey: host) { await letGo(pin) }
    }

    /// Whoever uses it last closes it.
    private func letGo(_ pin: Pin) async {
        guard pin.users == 0 else {
            retired[pin.serial] = pin
            return
        }
        try? await pin.client.shutdown()
    }

    private func dropIdle() async {
        let idle = pins.filter { $0.value.users == 0 }.sorted { $0.value.usedAt < $1.value.usedAt }
        for (host, _) in idle.dropLast(Self.maximumIdle) { await retire(host) }
        if turns.count > 1024 { turns = [:] }
    }
}
