/// How far a backup or a restore has come.
public struct BackupProgress: Sendable, Equatable {
    public enum Phase: String, Sendable, Codable, CaseIterable {
        /// Pages of the database, or bytes of the backup.
        case copying
        /// The structure of the file and its foreign keys: not counted, since SQLite does not say how far it is.
        case checking
        /// Messages, each against its check value.
        case reading
        /// Bytes that the SHA-256 is taken of.
        case summing
    }

    public var phase: Phase
    /// Of ``total``, in the phase's own unit.
    public var done: Int64
    public var total: Int64

    public init(phase: Phase, done: Int64, total: Int64) {
        self.phase = phase
        self.done = done
        self.total = total
    }
}

/// Told on the thread that does the work; must not block.
public typealias BackupObserver = @Sendable (BackupProgress) -> Void

/// What a backup that was written and verified holds, or what a restore has made.
public struct BackupReport: Sendable, Equatable {
    /// The file, resolved.
    public var path: String
    public var bytes: Int64
    /// Of the backup file, in hexadecimal.
    public var sha256: String
    public var messages: Int64
    /// Messages whose check value does not fit, which were kept because it was asked for: told as `gap(damaged)`.
    public var damaged: Int64
}
