import RestanteStore

/// What `POST /v1/backup` is told.
struct BackupRequestBody: Codable {
    /// Absolute, on the server's machine.
    var file: String
    var keepDamaged: Bool?
}

/// A line of its answer: one of the three.
struct BackupLineBody: Codable {
    struct Progress: Codable {
        var phase: BackupProgress.Phase
        var done: Int64
        /// 0: not known.
        var total: Int64
    }

    struct Made: Codable {
        var file: String
        var bytes: Int64
        var sha256: String
        var messages: Int64
        var damaged: Int64
    }

    struct Failure: Codable {
        /// What the command ends with.
        var exitCode: Int32
        var reason: String
    }

    var progress: Progress?
    var made: Made?
    var error: Failure?

    init(_ progress: BackupProgress) {
        self.progress = Progress(phase: progress.phase, done: progress.done, total: progress.total)
    }

    init(_ report: BackupReport) {
        made = Made(
            file: report.path, bytes: report.bytes, sha256: report.sha256, messages: report.messages,
            damaged: report.damaged)
    }

    init(exitCode: Int32, _ reason: String) {
        error = Failure(exitCode: exitCode, reason: reason)
    }
}
