import Crypto
import Glibc

/// The SHA-256 of a file, and copying with it.
enum FileSum {
    private static let chunk = 1 << 20

    static func take(
        of path: String, _ cancellation: Cancellation, _ observer: BackupObserver
    ) throws(StoreError) -> (sha256: String, bytes: Int64) {
        let descriptor = try opened(path)
        defer { close(descriptor) }
        return try read(descriptor, path, .summing, cancellation, observer) { _ throws(StoreError) in }
    }

    /// Copies a file into one that is there and empty; the sum is of what was read.
    static func copy(
        _ source: String, to copy: String, _ cancellation: Cancellation, _ observer: BackupObserver
    ) throws(StoreError) -> (sha256: String, bytes: Int64) {
        let descriptor = try opened(source)
        defer { close(descriptor) }
        let target = open(copy, O_WRONLY | O_CLOEXEC)
        guard target >= 0 else { throw failure("open", copy) }
        defer { close(target) }
        return try read(descriptor, source, .copying, cancellation, observer) { bytes throws(StoreError) in
            var rest = bytes
            while !rest.isEmpty {
                let written = write(target, rest.baseAddress, rest.count)
                guard written > 0 else { throw failure("write", copy) }
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            }
        }
    }

    private static func read(
        _ descriptor: Int32, _ path: String, _ phase: BackupProgress.Phase, _ cancellation: Cancellation,
        _ observer: BackupObserver, _ take: (UnsafeRawBufferPointer) throws(StoreError) -> Void
    ) throws(StoreError) -> (sha256: String, bytes: Int64) {
        var found = stat()
        let total = fstat(descriptor, &found) == 0 ? Int64(found.st_size) : 0
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 4096)
        defer { buffer.deallocate() }
        var (sum, bytes) = (SHA256(), Int64(0))
        while true {
            try cancellation.check()
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            guard count >= 0 else { throw failure("read", path) }
            if count == 0 { break }
            let read = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            sum.update(bufferPointer: read)
            try take(read)
            bytes += Int64(count)
            observer(BackupProgress(phase: phase, done: bytes, total: max(total, bytes)))
        }
        return (hexadecimal(sum.finalize()), bytes)
    }

    private static func opened(_ path: String) throws(StoreError) -> Int32 {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        return descriptor
    }

    private static func failure(_ what: String, _ path: String) -> StoreError {
        StoreError(.inputOutput, "cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { byte in
        let digits = String(byte, radix: 16)
        return digits.count == 1 ? "0" + digits : digits
    }.joined()
}
