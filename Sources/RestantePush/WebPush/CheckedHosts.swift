import AsyncHTTPClient
import NIOCore
import RestanteCore

/// Clients for hosts that were named by strangers, each of which connects to one address that was looked at before.
///
/// A name is resolved here and not again when the connection is made, so that a second answer cannot lead elsewhere.
/// What a stranger's server does harms nobody else: another port of a good host is another client, and no request waits
/// for a client to close.
actor CheckedHosts {
    /// Why a host cannot be spoken to.
    enum Trouble: Error {
        case forbidden
        case unresolved
        /// Too many clients are closing.
        case crowded
    }

    /// A client, for as long as a request takes.
    struct Lease: Sendable {
        let client: HTTPClient
        fileprivate let origin: String
        fileprivate let serial: UInt64
    }

    private struct Pin {
        let client: HTTPClient
        let address: SocketAddress
        let serial: UInt64
        var usedAt: Duration
        var users = 0
    }

    /// Most origins that clients are kept for although nobody speaks to them: browsers have a handful of push services,
    /// and each client holds the machine's certificate authorities, a megabyte or so.
    static let maximumIdle = 16
    /// Most clients that may be closing when another is made, of an origin and of all.
    static let maximumEnding = (origin: 4, all: 64)

    private let http: PushHTTP
    private let policy: AddressPolicy
    private let lookUps: LookUps
    private let clock: any PushClock
    private let ending = EndingClients()
    /// By origin.
    private var pins: [String: Pin] = [:]
    /// Clients that are used to the end of a request, and not for another.
    private var retired: [UInt64: (pin: Pin, origin: String)] = [:]
    /// How often connecting to an origin has failed: the next attempt goes to its host's next address.
    private var turns: [String: Int] = [:]
    private var serial: UInt64 = 0
    private var hasEnded = false

    init(http: PushHTTP, policy: AddressPolicy, resolver: any HostResolver, clock: any PushClock) {
        self.http = http
        self.policy = policy
        lookUps = LookUps(resolver: resolver, clock: clock)
        self.clock = clock
    }

    /// A client for an endpoint's origin, to be given back. Throws early when the task is cancelled.
    func lease(_ endpoint: WebPushEndpoint) async throws(Trouble) -> Lease {
        let addresses = await addresses(of: endpoint.host)
        guard !addresses.isEmpty, !hasEnded else { throw .unresolved }
        // All of them: a public one beside a private one is how the private one is reached.
        guard addresses.allSatisfy({ IPAddress($0).map(policy.allows) ?? false }) else {
            retire(endpoint.origin)
            throw .forbidden
        }
        var pin = if let kept = keptPin(endpoint, addresses) { kept } else { try newPin(endpoint, addresses) }
        pin.users += 1
        pin.usedAt = clock.uptime
        pins[endpoint.origin] = pin
        dropIdle()
        return Lease(client: pin.client, origin: endpoint.origin, serial: pin.serial)
    }

    /// - Parameter hasFailed: whether no answer came: the next request goes to another address, if there is one.
    func give(back lease: Lease, hasFailed: Bool) {
        if let gone = retired[lease.serial] {
            retired[lease.serial]?.pin.users -= 1
            guard gone.pin.users == 1 else { return }
            retired[lease.serial] = nil
            ending.end(gone.pin.client, of: gone.origin)
        } else if pins[lease.origin]?.serial == lease.serial {
            pins[lease.origin]?.users -= 1
            pins[lease.origin]?.usedAt = clock.uptime
            guard hasFailed else {
                turns[lease.origin] = nil
                return
            }
            turns[lease.origin, default: 0] += 1
            retire(lease.origin)
        }
    }

    /// Ends all clients, those in use, too, and waits for them no longer than ``EndingClients/patience``.
    func shutdown() async {
        hasEnded = true
        await lookUps.shutdown()
        for (origin, pin) in pins { ending.end(pin.client, of: origin) }
        for (pin, origin) in retired.values { ending.end(pin.client, of: origin) }
        pins = [:]
        retired = [:]
        await ending.wait()
    }

    private func addresses(of host: String) async -> [SocketAddress] {
        if let literal = try? SocketAddress(ipAddress: host, port: 0) { return [literal] }
        return await lookUps.addresses(of: host)
    }

    /// The client of an origin if its address is still one of the host's.
    private func keptPin(_ endpoint: WebPushEndpoint, _ addresses: [SocketAddress]) -> Pin? {
        guard let pin = pins[endpoint.origin] else { return nil }
        if addresses.contains(pin.address) { return pin }
        retire(endpoint.origin)
        return nil
    }

    /// It speaks HTTP/1.1. The library waits for the settings of HTTP/2 for ever, and cannot close a connection that
    /// waits for them: a stranger would keep each for as long as he likes. All push services speak HTTP/1.1, too, as most of
    /// their clients do; a host gets few requests at once, and so few connections, which are kept and used again.
    private func newPin(_ endpoint: WebPushEndpoint, _ addresses: [SocketAddress]) throws(Trouble) -> Pin {
        guard ending.count(of: endpoint.origin) < Self.maximumEnding.origin, ending.count < Self.maximumEnding.all
        else {
            throw .crowded
        }
        let address = addresses[turns[endpoint.origin, default: 0] % addresses.count]
        guard let text = address.ipAddress else { preconditionFailure("only IP addresses are allowed") }
        serial += 1
        let client = http.makeClient(
            idleTimeout: .seconds(60), addresses: [endpoint.host: text], version: .http1Only)
        return Pin(client: client, address: address, serial: serial, usedAt: clock.uptime)
    }

    /// Whoever uses it last closes it.
    private func retire(_ origin: String) {
        guard let pin = pins.removeValue(forKey: origin) else { return }
        if pin.users == 0 { ending.end(pin.client, of: origin) } else { retired[pin.serial] = (pin, origin) }
    }

    private func dropIdle() {
        let idle = pins.filter { $0.value.users == 0 }.sorted { $0.value.usedAt < $1.value.usedAt }
        for (origin, _) in idle.dropLast(Self.maximumIdle) { retire(origin) }
        if turns.count > 1024 { turns = [:] }
    }
}
