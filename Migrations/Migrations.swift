/// The schema's history, carried in the binary: append-only, applied in this order at start.
public enum Migrations {
    /// One file of this folder.
    public struct File: Sendable {
        /// 1, 2, 3 …: what `PRAGMA user_version` says after it.
        public let version: Int
        /// The file's name.
        public let name: String
        /// The bytes that the checksum in `schema_migrations` is taken of.
        public let sql: [UInt8]
    }

    /// A new file is added at the end, here and in `Package.swift`; what is there is never edited again.
    public static let all: [File] = [
        File(version: 1, name: "0001-initial.sql", sql: PackageResources._001_initial_sql),
        File(version: 2, name: "0002-retention.sql", sql: PackageResources._002_retention_sql),
        File(version: 3, name: "0003-heads.sql", sql: PackageResources._003_heads_sql),
        File(version: 4, name: "0004-access.sql", sql: PackageResources._004_access_sql),
        File(version: 5, name: "0005-owed.sql", sql: PackageResources._005_owed_sql),
        File(version: 6, name: "0006-push.sql", sql: PackageResources._006_push_sql),
    ]
}
