import Glibc

/// How many files and sockets this process, and those that it starts, may have open.
enum OpenFiles {
    /// Raises the limit as far as this user may; throws when that is less than `count`.
    static func allow(_ count: Int) throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        guard limit.rlim_max < rlim_t(count) else { return }
        // Root may go beyond what it was given.
        limit = rlimit(rlim_cur: rlim_t(count), rlim_max: rlim_t(count))
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw BenchError(
                "\(count) open files are needed: raise the limit (`ulimit -n \(count)`) or ask for fewer connections")
        }
    }
}
