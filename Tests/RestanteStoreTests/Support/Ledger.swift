import Foundation
import RestanteCore

/// What a store owes to whom, kept in lists: the promises P2-P5 in their plainest form.
///
/// Every disagreement with what the store says is thrown.
struct Ledger {
    struct Letter {
        let place: Int
        let key: String
        let log: String
        let conversation: Conversation
        let expiresAt: Int64
    }

    struct Group {
        let log: String
        var version: Int64
        var members: Set<UserName>
    }

    struct Disagreement: Error, CustomStringConvertible {
        let description: String
    }

    var devices: [DeviceAddress: LedgerDevice] = [:]
    var groups: [GroupName: Group] = [:]
    /// Milliseconds of the store's clock, which moves when the test says so.
    var now: Int64
    /// What a device has acknowledged: it can be withdrawn no more.
    private(set) var received: Set<String> = []
    private var userVersions: [UserName: Int64] = [:]
    private var lastPlace = 0
    private var groupsMade = 0
    /// They go on when a group is made again.
    private var lastVersions: [GroupName: Int64] = [:]

    init(now: Int64) {
        self.now = now
    }

    func devices(of user: UserName) -> [DeviceAddress] { devices.keys.filter { $0.user == user } }

    // MARK: What happens

    mutating func stored(_ submission: Submission, from author: DeviceAddress) throws {
        let (log, conversation, readers) = try target(submission.recipient)
        guard mayStore(submission.recipient, from: author) else {
            throw Disagreement(description: "\(submission.id) was accepted for nobody")
        }
        write(
            submission.id.description, log, conversation, to: readers, from: author,
            expiresAt: now + Int64(submission.timeToLive ?? 30 * 24 * 3600) * 1000)
    }

    /// Whether somebody is there to owe it to.
    func mayStore(_ recipient: Recipient, from author: DeviceAddress) -> Bool {
        switch recipient {
        case .user(let user): devices(of: user).contains { $0 != author }
        case .device(let address): address != author && devices[address] != nil
        case .group(let name): groups[name]?.members.contains(author.user) == true
        }
    }

    mutating func linked(_ new: DeviceAddress) {
        let others = devices(of: new.user)
        devices[new] = LedgerDevice(address: new)
        userVersions[new.user, default: 0] += 1
        if !others.isEmpty {
            write(
                "devices \(userVersions[new.user, default: 0])", "user \(new.user)", .user(new.user), to: others,
                from: new)
        }
        for (name, group) in groups.sorted(by: { $0.value.log < $1.value.log }) where group.members.contains(new.user) {
            change(name, "devices", by: new)
        }
    }

    mutating func created(_ name: GroupName, _ users: [UserName], by author: DeviceAddress) {
        guard groups[name] == nil else { return }
        groupsMade += 1
        let log = "group " + String(repeating: "0", count: 6 - String(groupsMade).count) + String(groupsMade)
        groups[name] = Group(log: log, version: lastVersions[name, default: 0], members: Set(users + [author.user]))
        change(name, "membership", by: author)
    }

    mutating func added(_ user: UserName, to name: GroupName, by author: DeviceAddress) {
        guard let group = groups[name], !group.members.contains(user) else { return }
        // What is left from the last time is lost, and told so.
        for device in devices(of: user) { devices[device]?.lose(log: group.log, .group(name)) }
        groups[name]?.members.insert(user)
        change(name, "membership", by: author)
    }

    mutating func parted(_ user: UserName, from name: GroupName, by author: DeviceAddress) {
        guard groups[name]?.members.contains(user) == true else { return }
        change(name, "membership", by: author)
        groups[name]?.members.remove(user)
        if groups[name]?.members.isEmpty == true { groups[name] = nil }
    }

    mutating func acknowledged(_ device: DeviceAddress, through tag: UInt64) {
        received.formUnion(devices[device]?.acknowledge(through: tag) ?? [])
    }

    mutating func cancelled(_ id: MessageID) throws {
        guard !isOut(id) else { throw Disagreement(description: "\(id) was withdrawn after a device had it") }
        for device in devices.keys { devices[device]?.owed.removeAll { $0.key == id.description } }
    }

    /// Whether a device has it, or has been given it and may have it.
    func isOut(_ id: MessageID) -> Bool {
        received.contains(id.description) || devices.values.contains { $0.hasOpen(id.description) }
    }

    // MARK: Steps

    private mutating func change(_ name: GroupName, _ kind: String, by author: DeviceAddress) {
        guard var group = groups[name] else { return }
        group.version += 1
        groups[name] = group
        lastVersions[name] = group.version
        let readers = group.members.flatMap { devices(of: $0) }
        write("\(kind) \(group.version)", group.log, .group(name), to: readers, from: author)
    }

    private mutating func write(
        _ key: String, _ log: String, _ conversation: Conversation, to readers: [DeviceAddress],
        from author: DeviceAddress, expiresAt: Int64 = .max
    ) {
        lastPlace += 1
        let letter = Letter(
            place: lastPlace, key: key, log: log, conversation: conversation, expiresAt: expiresAt)
        for reader in readers where reader != author { devices[reader]?.owed.append(letter) }
    }

    private func target(_ recipient: Recipient) throws -> (String, Conversation, [DeviceAddress]) {
        switch recipient {
        case .user(let user): return ("user \(user)", .user(user), devices(of: user))
        case .device(let address): return ("device \(address)", .device(address), [address])
        case .group(let name):
            guard let group = groups[name] else { throw Disagreement(description: "there is no group \(name)") }
            return (group.log, .group(name), group.members.flatMap { devices(of: $0) })
        }
    }
}
