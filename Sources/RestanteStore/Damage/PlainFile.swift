import Glibc

/// A file that is read as it is, without SQLite.
struct PlainFile: ~Copyable {
    private let descriptor: Int32
    private let path: String
    let size: Int

    /// Nil: it is not there.
    init?(_ path: String) throws(StoreError) {
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else {
            if errno == ENOENT { return nil }
            throw StoreError(.inputOutput, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        var found = stat()
        guard fstat(opened, &found) == 0, found.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            return nil
        }
        descriptor = opened
        self.path = path
        size = Int(found.st_size)
    }

    deinit { close(descriptor) }

    /// Up to `count` bytes from here on: fewer only at the end.
    func read(_ count: Int, at offset: Int) throws(StoreError) -> [UInt8] {
        var problem: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: min(count, max(0, size - offset))) { buffer, filled in
            filled = 0
            while filled < buffer.count {
                let got = pread(
                    descriptor, buffer.baseAddress?.advanced(by: filled), buffer.count - filled, offset + filled)
                if got < 0 && errno == EINTR { continue }
                if got < 0 { problem = errno }
                guard got > 0 else { break }
                filled += got
            }
        }
        guard problem == 0 else {
            throw StoreError(.inputOutput, "cannot read \(path): \(String(cString: strerror(problem)))")
        }
        return bytes
    }
}
