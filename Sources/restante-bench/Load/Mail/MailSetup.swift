/// What is asked of the scenarios in which mail waits for recipients that are away.
struct MailSetup: Sendable, Encodable {
    var senders: Int
    var window: Int
    var recipients: Int
    var payload: Int
    var messages: Int
    var atOnce: Int

    /// As the tests run it.
    static let short = MailSetup(senders: 4, window: 16, recipients: 100, payload: 256, messages: 5000, atOnce: 10)
}

/// How far a ``MailRun`` goes.
enum MailEnd: Int, Sendable, Comparable {
    case accepted
    case drained
    case swept

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
