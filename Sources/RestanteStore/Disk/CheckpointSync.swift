import CStoreVFS
import Glibc
import Synchronization

/// One sync of the database file, on a thread of its own.
///
/// `@unchecked Sendable`: the semaphore is the system's own, and of the VFS only what any thread may call is called.
final class CheckpointSync: @unchecked Sendable {
    private let ended = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private let outcome = Mutex<Int32?>(nil)

    /// - Parameter whenOver: called on that thread.
    init(_ vfs: OpaquePointer, whenOver: @escaping @Sendable () -> Void) {
        sem_init(ended, 0, 0)
        nonisolated(unsafe) let vfs = vfs
        let thread = ThreadWork { [self] in
            let code = store_vfs_sync(vfs)
            outcome.withLock { $0 = code }
            sem_post(ended)
            whenOver()
        }
        _ = thread.start()
    }

    deinit {
        sem_destroy(ended)
        ended.deallocate()
    }

    /// SQLite's result code; nil: it goes on.
    var code: Int32? { outcome.withLock { $0 } }

    /// The file must stay open until this returns.
    func wait() {
        sem_wait(ended)
        sem_post(ended)
    }
}
