import RestanteStore
import Synchronization

/// Shows the phases of a backup or a restore one after the other.
///
/// `@unchecked Sendable`: what it shows with is behind the mutex.
final class WorkShown: @unchecked Sendable {
    private let mutex = Mutex(())
    private var phase: BackupProgress.Phase?
    private var progress: Progress?

    func update(_ news: BackupProgress) {
        mutex.withLock { _ in
            if news.phase != phase {
                progress?.finish()
                (phase, progress) = (news.phase, Progress(label: news.phase.label))
            }
            progress?.update(done: news.done, total: news.total)
        }
    }

    func finish() { mutex.withLock { _ in progress?.finish() } }
}

extension BackupProgress.Phase {
    fileprivate var label: String {
        switch self {
        case .copying: "copying           "
        case .checking: "checking structure"
        case .reading: "checking messages "
        case .summing: "taking the sum    "
        }
    }
}
