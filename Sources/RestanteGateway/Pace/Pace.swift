import NIOCore
import RestanteCore
import Synchronization

/// What is counted for the server as a whole: by any event loop, at any time.
final class Pace: Sendable {
    let limits: PaceLimits
    /// Among which what is counted by loop is divided.
    let eventLoops: Int
    let memory: MemoryBudget
    let addresses: Accounts<IPAddress>
    let users: Accounts<UserName>
    let devices: Accounts<DeviceAddress>
    let services: Accounts<ServiceName>
    /// Connections that may be open.
    let mostConnections: Int
    /// Connections that are open.
    let connections = Atomic(0)
    /// Connections that are a device's session.
    let sessions = Atomic(0)
    /// Connections that have not said who they are.
    let strangers = Atomic(0)
    /// Handshakes that wait for the store.
    let claims = Atomic(0)
    /// Connections that were refused as soon as they were accepted, and must not count against the pace of accepting.
    let refusedAtOnce = Atomic(0)

    /// What an address is counted by; nil: it is not.
    func key(of address: IPAddress?) -> IPAddress? {
        guard let address, !(limits.trustsLoopback && address.isLocal) else { return nil }
        return address.limitKey
    }

    /// One more connection, and one more handshake, of an address; nil: it is not counted.
    ///
    /// - Throws: a ``Refusal`` if that is one too many.
    func enter(from address: IPAddress?, isStranger: Bool, now: NIODeadline) throws(Refusal) -> Account? {
        guard let key = key(of: address) else { return nil }
        guard let account = addresses.enter(key, isStranger: isStranger, now: now) else {
            throw Refusal(
                .rateLimited, "too many connections of one address are open",
                retryAfter: RetryAfter.seconds(.seconds(5)))
        }
        guard let wait = account.take(1, .handshakes, now: now) else { return account }
        account.leave(isStranger: isStranger)
        throw .tooMany(.handshakes, wait: wait)
    }

    init(_ limits: PaceLimits, eventLoops: Int = 1) {
        self.limits = limits
        self.eventLoops = eventLoops
        memory = MemoryBudget(most: limits.bufferBytes ?? max(MachineMemory.bytes / 4, PaceLimits.leastBufferBytes))
        addresses = Accounts(limits.address, most: limits.accounts)
        users = Accounts(limits.user, most: limits.accounts)
        devices = Accounts(limits.device, most: limits.accounts)
        services = Accounts(limits.service, most: limits.accounts)
        mostConnections = limits.connections ?? max(OpenFiles.limit - PaceLimits.spareFiles, 1)
    }
}
