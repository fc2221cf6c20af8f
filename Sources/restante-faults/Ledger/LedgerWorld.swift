import FaultKit
import Glibc
import Logging
import RestanteClient
import RestanteCore
import RestanteGateway
import Synchronization

/// What all devices share.
final class LedgerWorld: Sendable {
    /// Everyone is in it, and nobody joins or leaves.
    static let core = GroupName(unchecked: "core")

    let book = LedgerBook()
    let users: [UserName]
    let permanent: [DeviceAddress]
    let clubs = (1...4).map { GroupName(unchecked: "club\($0)") }
    private let url: String
    private let mint: TokenMint
    private let tokens = Mutex<[DeviceAddress: String]>([:])
    private let over = Atomic(false)

    init(devices: Int, url: String, mint: TokenMint) {
        let users = (0..<(devices + 1) / 2).map { UserName(unchecked: "user\($0)") }
        // Every user has one; those with an even number have two more, as far as there are.
        permanent = (0..<devices).map { index in
            let user = index < users.count ? index : (index - users.count) / 2 * 2 % users.count
            return DeviceAddress(user: users[user], device: DeviceName(unchecked: "device\(index)"))
        }
        self.users = users
        self.url = url
        self.mint = mint
    }

    /// The server will be killed no more, and nobody begins anything.
    var isOver: Bool { over.load(ordering: .relaxed) }
    func end() { over.store(true, ordering: .relaxed) }

    func client(_ address: DeviceAddress) throws -> RestanteClient {
        var configuration = ClientConfiguration(url: url, token: try token(address))
        configuration.backoff = Backoff(base: 20, ceiling: 250)
        configuration.logger.logLevel = .critical
        return RestanteClient(configuration: configuration)
    }

    /// One for the life of a device: with a later one it could register again after it was unlinked.
    private func token(_ address: DeviceAddress) throws -> String {
        try tokens.withLock { tokens in
            if let token = tokens[address] { return token }
            let token = try mint.mint(address, lifetime: 24 * 3600)
            tokens[address] = token
            return token
        }
    }

    /// Milliseconds since the epoch, UTC: the server is on the same machine.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// A fresh id for this moment, by chance of the given generator.
    static func id(_ generator: inout SeededNumbers) -> MessageID {
        MessageID(
            high: UInt64(now) << 16 | 0x7000 | generator.next() & 0xFFF, low: 1 << 63 | generator.next() >> 2)
    }
}
