import NIOConcurrencyHelpers
import NIOCore

/// The accounts of all devices, or users, or services, or addresses that have used anything.
///
/// Bounded: an account is kept while it has a connection or has something to earn back. When there are too many all the
/// same, those without a connection are forgotten, which is in their favour. Looking for them is a walk, which is made
/// after a quarter more have come, whatever could be forgotten.
final class Accounts<Key: Hashable & Sendable>: Sendable {
    private static var shardCount: Int { 16 }

    private let allowance: Allowance
    private let mostInShard: Int
    private let shards: [NIOLockedValueBox<Shard>]

    private struct Shard {
        var accounts: [Key: Account] = [:]
        /// With so many, room is made.
        var most: Int
    }

    /// - Parameter most: accounts without a connection that are kept.
    init(_ allowance: Allowance, most: Int) {
        self.allowance = allowance
        mostInShard = max(most / Self.shardCount, 1)
        shards = (0..<Self.shardCount).map { [mostInShard] _ in NIOLockedValueBox(Shard(most: mostInShard)) }
    }

    /// Takes so much from the account of `key`, or nothing. Nil: it was allowed; else the time after which it will be.
    func take(_ amount: Int = 1, _ charge: Charge, of key: Key, now: NIODeadline) -> TimeAmount? {
        guard allowance[charge] != nil else { return nil }
        return with(key, now) { $0.take(amount, charge, now: now) }
    }

    /// One more connection; nil if that would be too many. ``Account/leave(isStranger:)`` ends it.
    func enter(_ key: Key, isStranger: Bool = false, now: NIODeadline) -> Account? {
        with(key, now) { $0.enter(isStranger: isStranger) ? $0 : nil }
    }

    /// Accounts that are kept at the moment.
    var count: Int { shards.reduce(0) { $0 + $1.withLockedValue(\.accounts.count) } }

    private func with<Result>(_ key: Key, _ now: NIODeadline, _ body: (Account) -> Result) -> Result {
        shards[Int(UInt(bitPattern: key.hashValue) % UInt(Self.shardCount))].withLockedValue { shard in
            if let account = shard.accounts[key] { return body(account) }
            if shard.accounts.count >= shard.most { makeRoom(in: &shard, now) }
            let account = Account(allowance)
            shard.accounts[key] = account
            return body(account)
        }
    }

    private func makeRoom(in shard: inout Shard, _ now: NIODeadline) {
        forgetSome(&shard.accounts, now)
        // Those with a connection are kept, however many they are.
        shard.most = max(mostInShard, shard.accounts.count * 5 / 4 + 1)
    }

    /// Makes room in steps of a quarter at least, so that whoever brings up ever new keys does not pay for a walk each.
    private func forgetSome(_ accounts: inout [Key: Account], _ now: NIODeadline) {
        accounts = accounts.filter { !$0.value.isFresh(at: now) }
        var surplus = accounts.count - mostInShard * 3 / 4
        guard surplus > 0 else { return }
        accounts = accounts.filter {
            guard surplus > 0, !$0.value.isConnected else { return true }
            surplus -= 1
            return false
        }
    }
}
