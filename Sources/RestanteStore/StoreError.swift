/// Why a database could not be opened, migrated or kept going, and what to do about it.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    /// The kinds of trouble; the raw value is the process's exit code, as `docs/CONFIGURATION.md` lists them.
    public enum Code: Int32, Sendable, CaseIterable {
        /// The file is something else than a Restante database.
        case notADatabase = 65
        /// The file that was asked for cannot be made: it is there already, its folder is not, there is no room.
        case cannotCreate = 73
        /// The file, its folder or the disk cannot be read or written.
        case inputOutput = 74
        /// Another server (or a migration) holds the file, or another backup is under way.
        case locked = 75
        /// The database was written by a newer version of Restante.
        case newerSchema = 79
        /// A migration that was applied is not the one that this binary carries.
        case changedMigration = 80
        /// The file cannot be trusted.
        case damaged = 81
        /// SQLite does not do what this store relies on.
        case unsuitableSQLite = 82
        /// A migration failed and was rolled back.
        case migrationFailed = 83
    }

    public let code: Code
    /// What is wrong and what to do, for the operator.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var exitCode: Int32 { code.rawValue }
    public var description: String { message }
}
