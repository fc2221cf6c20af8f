import FaultKit
import Glibc

/// A tmpfs of a few megabytes, which can be filled to the last byte.
struct SmallDisk {
    let folder: String
    private var filler: String { folder + "/filler" }

    /// Nil: nothing can be mounted here.
    init?(megabytes: Int) throws {
        folder = try TemporaryFolder.make("restante-full")
        guard mount("tmpfs", folder, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
            rmdir(folder)
            return nil
        }
    }

    func unmount() {
        umount2(folder, Int32(MNT_DETACH))
        rmdir(folder)
    }

    /// Leaves no room at all.
    func fill() {
        let descriptor = open(filler, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        for size in [1 << 16, 1 << 12] {
            let zeros = [UInt8](repeating: 0, count: size)
            while write(descriptor, zeros, size) == size {}
        }
    }

    func makeRoom() { unlink(filler) }
}
