import CStoreVFS
import Glibc

/// The reserve: room that is kept for acknowledgements and sweeps when the disk is full.
extension StoreDisk {
    /// Where it is.
    private var reserve: String { database + ".reserve" }

    func openReserve(bytes: Int64) throws(StoreError) {
        let code = store_vfs_reserve(handle, reserve, bytes)
        guard code == 0 else {
            throw StoreError(
                .inputOutput,
                "cannot open \(reserve): \(String(cString: strerror(code))). Check that this user may write to the folder."
            )
        }
        wholeReserve = bytes
    }

    /// Some of it was given back to the file system, or could not be had yet.
    var isShort: Bool { store_vfs_reserved(handle) < wholeReserve }

    /// Makes it whole again if the disk has room.
    ///
    /// - Throws: when it cannot be had for another reason.
    func refill() throws(StoreError) {
        let code = store_vfs_fill(handle)
        guard code == 0 || code == ENOSPC || code == EDQUOT else {
            throw StoreError(
                .inputOutput,
                "cannot allocate \(wholeReserve) bytes for \(reserve): \(String(cString: strerror(code))). "
                    + "Set reserveBytes to 0 to do without.")
        }
    }
}
