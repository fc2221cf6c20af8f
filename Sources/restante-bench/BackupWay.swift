import CSQLite
import Foundation
import RestanteCore
import RestanteStore

/// A way to copy a database that is being written to.
enum BackupWay: String, CaseIterable {
    case none = "no backup"
    case slices = "slices, own connection"
    case vacuum = "VACUUM INTO, read-only"
    case snapshot = "backup API, one snapshot"
    case restarting = "backup API, 64 pages a step"

    /// What came of it: "yes", or why not.
    func run(
        _ store: SQLiteStore, _ load: BackupLoad, from path: String, to copy: String, limit: Double
    ) async throws -> String {
        switch self {
        case .none:
            try await Task.sleep(for: .seconds(limit))
            return "-"
        case .slices:
            _ = try await store.backup(to: copy) { load.enter($0.phase.rawValue) }
            return "yes"
        case .vacuum: return try await Self.onThread { Self.vacuum(path, copy) }
        case .snapshot: return try await Self.onThread { Self.step(path, copy, pages: -1, pinned: true, limit) }
        case .restarting: return try await Self.onThread { Self.step(path, copy, pages: 64, pinned: false, limit) }
        }
    }

    private static func onThread(_ work: @escaping @Sendable () -> String) async throws -> String {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: work()) }
        }
    }

    private static func vacuum(_ path: String, _ copy: String) -> String {
        var source: OpaquePointer?
        sqlite3_open_v2(path, &source, SQLITE_OPEN_READONLY, nil)
        defer { sqlite3_close_v2(source) }
        return sqlite3_exec(source, "VACUUM INTO '\(copy)'", nil, nil, nil) == SQLITE_OK ? "yes" : "failed"
    }

    private static func step(_ path: String, _ copy: String, pages: Int32, pinned: Bool, _ limit: Double) -> String {
        var (source, target): (OpaquePointer?, OpaquePointer?)
        sqlite3_open_v2(path, &source, SQLITE_OPEN_READONLY, nil)
        sqlite3_open_v2(copy, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
        defer {
            sqlite3_close_v2(target)
            sqlite3_close_v2(source)
        }
        if pinned { sqlite3_exec(source, "BEGIN; SELECT count(*) FROM meta", nil, nil, nil) }
        let handle = sqlite3_backup_init(target, "main", source, "main")
        defer { sqlite3_backup_finish(handle) }
        let deadline = ContinuousClock.now + .seconds(limit)
        var best: Int32 = 0
        while ContinuousClock.now < deadline {
            let code = sqlite3_backup_step(handle, pages)
            if code == SQLITE_DONE { return "yes" }
            let total = sqlite3_backup_pagecount(handle)
            best = max(best, total > 0 ? (total - sqlite3_backup_remaining(handle)) * 100 / total : 0)
        }
        return "\(best) %"
    }
}
