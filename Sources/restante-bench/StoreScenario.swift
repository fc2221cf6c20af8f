/// What is sent to whom, in the shape of a workload of sqlite_limits.c.
struct StoreScenario: Sendable {
    let name: String
    let devices: Int
    /// 0: every device has mail of its own; otherwise so many groups.
    let groups: Int
    let membersPerGroup: Int
    let messages: Int
    /// Sends that one commit holds.
    let batch: Int

    /// How sqlite_limits.c names the same.
    var limitsKey: String { "\(name)|\(batch)" }

    static let all = [
        StoreScenario(
            name: "direct, 10000 mailboxes", devices: 10_000, groups: 0, membersPerGroup: 1, messages: 300_000,
            batch: 128),
        StoreScenario(
            name: "direct, 10000 mailboxes", devices: 10_000, groups: 0, membersPerGroup: 1, messages: 300_000,
            batch: 1024),
        StoreScenario(
            name: "groups of 100", devices: 2000, groups: 200, membersPerGroup: 100, messages: 20_000, batch: 256),
    ]
}
