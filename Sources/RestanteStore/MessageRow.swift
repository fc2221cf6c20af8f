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
    /// Cancelled by its sender: the payload is gone, the position stays, and no reader is told.
    static let withdrawn = MessageFlags(rawValue: 4)
    /// Its time is over: the payload is gone, the position stays, and readers are told of a gap.
    static let expired = MessageFlags(rawValue: 8)
    /// Expires before those around it, so that an index of its own says when.
    static let early = MessageFlags(rawValue: 16)
    /// One device's part of a sealed send.
    static let part = MessageFlags(rawValue: 32)
    /// Either way the payload is gone.
    var isTombstone: Bool { !isDisjoint(with: [.withdrawn, .expired]) }
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
