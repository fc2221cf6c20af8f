package import CFaultVFS
import Glibc
package import RestanteStore

/// A disk in memory for one database, which loses power and fails on purpose (`faultvfs.h` says how).
///
/// Belongs to one thread at a time.
package final class FaultDisk {
    package let database: String
    private let vfs: String
    private let folder: String
    private let handle: OpaquePointer

    package init(seed: UInt64) throws {
        folder = try TemporaryFolder.make("restante-disk")
        database = folder + "/mail.db"
        vfs = folder
        guard let made = fault_disk_create(vfs, seed) else { throw Trouble("there is no memory for a disk") }
        handle = made
    }

    deinit {
        fault_disk_destroy(handle)
        for name in ["mail.db", "mail.db.lock", "mail.db.reserve"] { unlink(folder + "/" + name) }
        rmdir(folder)
    }

    /// Puts this disk under a store.
    package func options(synchronous: String = "FULL", clock: StoreClock = .wall) -> StoreOptions {
        var options = StoreOptions(clock: clock)
        // A life has few messages: all that a longer one meets is to happen in it.
        options.indexEvery = 24
        options.vfs = vfs
        options.synchronous = synchronous
        return options
    }

    /// The store looks at the real file system to see whether there is a database: there a byte stands for all of it.
    /// Call this before each opening.
    package func showPresence() throws {
        let descriptor = open(database, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Trouble("cannot make \(database): errno \(errno)") }
        defer { close(descriptor) }
        guard ftruncate(descriptor, fault_disk_size(handle, database) > 0 ? 1 : 0) == 0 else {
            throw Trouble("cannot resize \(database): errno \(errno)")
        }
    }

    // MARK: Power

    /// Writes, truncations, syncs, files made and deleted so far.
    package var operations: UInt64 { fault_disk_operations(handle) }
    package var hasPower: Bool { fault_disk_has_power(handle) != 0 }

    /// The power goes when so many more operations have been begun.
    package func losePower(after count: Int) { fault_disk_lose_power_at(handle, operations + UInt64(max(1, count))) }
    package func losePower() { fault_disk_lose_power(handle) }
    package func restorePower() { fault_disk_restore_power(handle) }

    // MARK: Errors

    /// The k-th operation of this kind from now on fails, and (`stays`) all of the kind after it.
    package func fail(_ kind: FaultKind, _ manner: FaultManner, at k: Int, stays: Bool = false) {
        fault_disk_fail(handle, kind, manner, UInt64(k), stays ? 1 : 0)
    }
    package func failNothing() { fault_disk_fail(handle, FAULT_WRITE, FAULT_EIO, 0, 0) }
    package var hasFailed: Bool { fault_disk_failures(handle) > 0 }
}

/// Something that the harness itself cannot do.
package struct Trouble: Error, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}
