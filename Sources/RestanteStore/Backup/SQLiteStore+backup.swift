import RestanteCore

extension SQLiteStore {
    /// Writes a copy of the database, verifies it, and only then gives it its name, with `NAME.sha256` beside it.
    ///
    /// The copy is one file, complete without a WAL, mode 0600, and holds the state of one moment between two commits: all
    /// that was accepted before the call and nothing that was accepted after its return. Copying goes on the store's
    /// thread in slices of some 4 ms between commits; verifying on a thread of its own. Cancelling the task, or
    /// ``shutdown()``, ends it and leaves nothing behind. The store must have been started.
    ///
    /// - Parameters:
    ///   - path: absolute; never one that is there.
    ///   - keepDamaged: keep messages whose check value does not fit instead of refusing to make such a backup.
    /// - Throws: ``StoreError``: `cannotCreate`, `locked` (another is under way, or it was ended), `damaged`,
    ///   `inputOutput`.
    public func backup(
        to path: String, keepDamaged: Bool = false, observer: @escaping BackupObserver = { _ in }
    ) async throws -> BackupReport {
        let cancellation = try desk.begin()
        defer { desk.end() }
        return try await withTaskCancellationHandler {
            let bytes = try await askForBackup { try $0.databaseBytes }
            let target = try await onOwnThread { [database] in
                try BackupTarget(path, database: database, bytes: bytes)
            }
            do {
                let snapshot = try await copy(to: target, cancellation, observer)
                return try await onOwnThread {
                    try BackupVerification(cancellation: cancellation, observer: observer, keepDamaged: keepDamaged)
                        .run(target, snapshot)
                }
            } catch {
                target.discard()
                throw error
            }
        } onCancel: {
            cancellation.cancel()
        }
    }

    private func copy(
        to target: BackupTarget, _ cancellation: Cancellation, _ observer: @escaping BackupObserver
    ) async throws -> Snapshot {
        let job = BackupJob(path: target.partial, cancellation: cancellation, observer: observer)
        try await askForBackup { [database, vfs] engine in engine.begin(job, database: database, vfs: vfs) }
        return try await job.copied()
    }

    private func askForBackup<Answer: Sendable>(
        _ question: @escaping @Sendable (Engine) throws -> Answer
    ) async throws -> Answer {
        do {
            return try await ask(question)
        } catch is Refusal {
            throw Cancellation.error
        }
    }
}

/// Runs what waits for a disk on a thread of its own.
private func onOwnThread<Answer: Sendable>(
    _ work: @escaping @Sendable () throws -> Answer
) async throws -> Answer {
    try await withCheckedThrowingContinuation { continuation in
        let thread = ThreadWork { continuation.resume(with: Swift.Result { try work() }) }
        _ = thread.start()
    }
}
