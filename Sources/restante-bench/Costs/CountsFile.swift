import CCallCounts

/// What the ``CallCounter`` has counted in a process, read without its cooperation, also when it is gone.
final class CountsFile: Sendable {
    // The file is mapped for reading, and the other process adds to it atomically.
    private nonisolated(unsafe) let file: OpaquePointer

    /// Nil as long as the process has not begun.
    init?(path: String) {
        guard let file = callcounts_open(path) else { return nil }
        self.file = file
    }

    deinit { callcounts_close(file) }

    /// The process that is counted.
    var process: Int32 { callcounts_process(file) }

    /// Since it began.
    var calls: Calls { Calls(callcounts_read(file)) }

    /// With `cuts`, of a program of one thread that is gone: for each database that it made, what it had used at the first
    /// and the last three times that it read CLOCK_MONOTONIC before it made the next one.
    var lives: [[Costs]] {
        (0..<callcounts_lives(file)).map { number in
            let life = callcounts_life(file, number)
            return [life.first, life.last.0, life.last.1, life.last.2].map { Costs($0) }
        }
    }
}

extension Costs {
    fileprivate init(_ mark: CallCountsMark) {
        self.init(
            wallSeconds: Double(mark.wall) / 1e9, cpuSeconds: Double(mark.processor) / 1e9, calls: Calls(mark.counts))
    }
}

/// Calls of one process, and what they asked for.
struct Calls: Sendable, Equatable, Codable {
    /// malloc, calloc, realloc and those that align.
    var allocations: Int64 = 0
    var allocatedBytes: Int64 = 0
    /// fsync and fdatasync, of whatever file.
    var fsyncs: Int64 = 0
    /// Bytes that were written to files named *.db, and to their WAL; twice what was written twice.
    var databaseBytes: Int64 = 0
    var walBytes: Int64 = 0
    var otherFileBytes: Int64 = 0

    init() {}

    fileprivate init(_ counts: CallCounts) {
        allocations = Int64(counts.allocations)
        allocatedBytes = Int64(counts.allocated)
        fsyncs = Int64(counts.syncs.0 + counts.syncs.1 + counts.syncs.2)
        (databaseBytes, walBytes) = (Int64(counts.written.0), Int64(counts.written.1))
        otherFileBytes = Int64(counts.written.2)
    }

    /// WAL and checkpoint together.
    var storeBytes: Int64 { databaseBytes + walBytes }

    static func - (later: Calls, earlier: Calls) -> Calls { later.merged(earlier, with: -) }
    static func + (one: Calls, other: Calls) -> Calls { one.merged(other, with: +) }

    private func merged(_ other: Calls, with operation: (Int64, Int64) -> Int64) -> Calls {
        var result = Calls()
        for field in [
            \Calls.allocations, \.allocatedBytes, \.fsyncs, \.databaseBytes, \.walBytes, \.otherFileBytes,
        ] { result[keyPath: field] = operation(self[keyPath: field], other[keyPath: field]) }
        return result
    }
}
