import RestanteCore

/// What is sent to whom.
struct StoreScenario: Sendable {
    let name: String
    let devices: Int
    /// 0: every device has mail of its own; otherwise so many groups.
    let groups: Int
    let membersPerGroup: Int
    let messages: Int
    /// Sends that one commit holds.
    let batch: Int
    var payloadBytes = 256
    /// Direct mail goes to so many devices, spread evenly over all; nil: to any, at random.
    var recipients: Int?
    /// Devices that are read at the same time: each commit of a drain has a page of each. As in sqlite_limits.c.
    var readers = 16
    /// Devices register and leave; whoever has mail comes back, takes it and leaves. Otherwise all stay.
    var reconnects = false

    /// How sqlite_limits.c names the same.
    var limitsKey: String { "\(name)|\(batch)" }

    /// Nothing is refused: what a scenario sends is what is measured.
    var limits: Limits {
        var limits = Limits()
        limits.groupsPerUser = 1 << 20
        limits.groupMembers = max(limits.groupMembers, membersPerGroup + 1)
        limits.mailboxMessages = 1 << 40
        limits.mailboxBytes = 1 << 50
        return limits
    }

    /// In the shape of the workloads of sqlite_limits.c.
    static let all = [
        direct(mailboxes: 10_000, batch: 128),
        direct(mailboxes: 10_000, batch: 1024),
        direct(mailboxes: 100_000, batch: 1024),
        StoreScenario(
            name: "groups of 100", devices: 2000, groups: 200, membersPerGroup: 100, messages: 20_000, batch: 256),
        StoreScenario(
            name: "groups of 1000", devices: 2000, groups: 20, membersPerGroup: 1000, messages: 2000, batch: 256),
    ]

    private static func direct(mailboxes: Int, batch: Int) -> StoreScenario {
        StoreScenario(
            name: "direct, \(mailboxes) mailboxes", devices: mailboxes, groups: 0, membersPerGroup: 1,
            messages: 300_000, batch: batch)
    }
}
