import RestanteCore

/// The key of a row of `devices`.
typealias DeviceKey = Int64
/// The key of a row of `logs`.
typealias LogKey = Int64
/// A message's position: ascending over all logs, never given out twice.
typealias Position = Int64

/// What `messages.flags` says.
struct MessageFlags: OptionSet, Sendable {
    let rawValue: Int64

    static let urgent = MessageFlags(rawValue: 1)
    static let receipt = MessageFlags(rawValue: 2)
    /// The payload is gone, the position stays.
    static let tombstone = MessageFlags(rawValue: 4)
}

/// A row of `messages`.
struct MessageRow {
    var seq: Position
    var log: LogKey
    var sender: DeviceKey
    var id: MessageID
    var acceptedAt: Int64
    var expiresAt: Int64
    var kind: MessageKind
    var flags: MessageFlags
    /// Running totals of the log, this message included.
    var logCount: Int64
    var logBytes: Int64
    var payload: Payload

    var mark: LogMark { LogMark(seq: seq, count: logCount, bytes: logBytes) }
}

/// A place in a log, with the log's running totals there: what lies between two marks is told without counting.
struct LogMark: Equatable {
    var seq: Position
    var count: Int64
    var bytes: Int64

    static let start = LogMark(seq: 0, count: 0, bytes: 0)
}
