import ArgumentParser

/// What grows, while all else stays as it is as far as it can.
enum GrowthSeries: String, CaseIterable, ExpressibleByArgument {
    /// Messages that wait for one device.
    case waiting
    /// Registered mailboxes, of which 10,000 get 30 messages each.
    case mailboxes
    /// Registered mailboxes, any of which may get the next message. How many come back for a message grows too, so that only
    /// what storing costs can be compared.
    case recipients
    /// Groups that a device is in, while its messages stay as many.
    case groups
    /// Members of the group that is sent to, which is one of ten.
    case members
    /// Bytes of a payload.
    case payload
    /// Sends that one commit holds.
    case inFlight = "in-flight"

    /// Where it is measured.
    func points(upTo limit: Int) -> [Int] { all.filter { $0 <= limit } }

    private var all: [Int] {
        switch self {
        case .waiting: [1000, 10_000, 100_000, 1_000_000]
        case .mailboxes: [10_000, 100_000, 1_000_000, 5_000_000]
        case .recipients: [10_000, 100_000, 1_000_000]
        case .groups: [1, 4, 16, 64, 256]
        case .members: [10, 100, 1000, 10_000]
        case .payload: [64, 256, 1024, 4096, 16 << 10, 64 << 10, 256 << 10]
        case .inFlight: [1, 16, 256, 1280]
        }
    }

    func scenario(_ x: Int) -> StoreScenario {
        switch self {
        case .waiting:
            // Few messages say little: as many devices, one after the other, as have 100,000 together.
            StoreScenario(
                name: name(x), devices: max(1, 100_000 / x), groups: 0, membersPerGroup: 1,
                messages: max(x, 100_000), batch: 1024, readers: 1)
        case .mailboxes: direct(x, mailboxes: x, messages: 300_000, batch: 1024, recipients: 10_000)
        case .recipients: direct(x, mailboxes: x, messages: 300_000, batch: 1024, recipients: nil)
        case .groups:
            // Of 1,000 devices each is in x of them.
            StoreScenario(
                name: name(x), devices: 1000, groups: 10 * x, membersPerGroup: 100, messages: 20_000, batch: 256)
        case .members:
            // Ten groups of the same devices: as many logs at every point.
            StoreScenario(
                name: name(x), devices: x, groups: 10, membersPerGroup: x,
                messages: max(1000, min(20_000, 3_000_000 / x)), batch: 100)
        case .payload:
            StoreScenario(
                name: name(x), devices: 1000, groups: 0, membersPerGroup: 1,
                messages: min(100_000, (128 << 20) / x), batch: min(256, (4 << 20) / x), payloadBytes: x)
        case .inFlight:
            StoreScenario(
                name: name(x), devices: 10_000, groups: 0, membersPerGroup: 1, messages: min(200_000, 2000 * x),
                batch: x)
        }
    }

    private func name(_ x: Int) -> String { "\(rawValue) \(x)" }

    private func direct(
        _ x: Int, mailboxes: Int, messages: Int, batch: Int, recipients: Int?
    ) -> StoreScenario {
        StoreScenario(
            name: name(x), devices: mailboxes, groups: 0, membersPerGroup: 1, messages: messages, batch: batch,
            recipients: recipients, reconnects: true)
    }
}
