/// What the store has to say about its own work, for metrics: ``StoreSink/store(measured:)``.
public enum StoreMeasure: Sendable, Equatable {
    /// One commit of commands. `syncNanoseconds`: the COMMIT alone, which is the larger part of it on a slow disk.
    case commit(commands: Int, nanoseconds: UInt64, syncNanoseconds: UInt64)
    /// One slice of what it does of its own accord.
    case pause(StoreChore, nanoseconds: UInt64)
    /// What happened since this was last said.
    case counts(StoreCounts)
    /// How it stands: at most every few seconds, between two commits.
    case sample(StoreSample)
}

/// What the store does of its own accord between two commits.
public enum StoreChore: String, CaseIterable, Sendable {
    case checkpoint, sweep, prune, retention, index, backup, wakes
    /// The step of a checkpoint that empties the WAL, once a minute at most.
    case truncation
}

/// Things that happen to messages.
public struct StoreCounts: Sendable, Equatable {
    public var accepted = 0
    public var duplicates = 0
    public var relayed = 0
    public var rejected = 0
    /// Messages that a device has acknowledged durably, once a device.
    public var acknowledged = 0
    public var receipts = 0
    /// Devices that connected within a minute after this provider had taken a wake-up for them.
    public var wokenAndCame: [PushProvider: Int] = [:]
    /// Messages that expired while somebody was still owed them.
    public var expired = 0
    /// Messages that a device was owed and will not get, once a device.
    public private(set) var lost = [Int](repeating: 0, count: LossReason.allCases.count)

    public init() {}

    public var isEmpty: Bool { self == StoreCounts() }

    public mutating func count(_ outcome: SendOutcome) {
        switch outcome {
        case .accepted(_, duplicate: false): accepted += 1
        case .accepted(_, duplicate: true): duplicates += 1
        case .relayed: relayed += 1
        case .rejected: rejected += 1
        }
    }

    public mutating func lose(_ count: Int64, because reason: LossReason) {
        guard let index = LossReason.allCases.firstIndex(of: reason) else { return }
        lost[index] += Int(count)
    }
}

/// How the store stands at a moment.
public struct StoreSample: Sendable, Equatable {
    /// Of the oldest message with a payload that is held, whoever it waits for; 0: there is none.
    public var oldestMilliseconds: Int64 = 0
    public var walBytes: Int64 = 0
    /// Without the WAL.
    public var databaseBytes: Int64 = 0
    /// What the reserve for a full disk lacks.
    public var reserveMissing: Int64 = 0
    public var refusesForDisk = false
    public var refusesForLimit = false
    public var refusesForWAL = false
    /// Logs that wait to be swept, and since when the first of them.
    public var sweepLogs = 0
    public var sweepLagNanoseconds: UInt64 = 0
    public var isClockHeld = false

    public init() {}
}

/// What waits for the store's thread.
public struct StoreBacklog: Sendable, Equatable {
    public var commands: Int
    /// Of payload.
    public var bytes: Int

    public init(commands: Int, bytes: Int) {
        self.commands = commands
        self.bytes = bytes
    }
}
