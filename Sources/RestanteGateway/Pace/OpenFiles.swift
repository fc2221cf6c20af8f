import Glibc

/// How many files, sockets among them, the process may have open.
public enum OpenFiles {
    public static var limit: Int { Int(clamping: limits.rlim_cur) }

    /// Raises the limit as far as the process may. (It is low by default for programs that use `select`; we do not.)
    public static func raiseLimit() {
        var limits = limits
        limits.rlim_cur = limits.rlim_max
        setrlimit(resource, &limits)
    }

    private static var limits: rlimit {
        var limits = rlimit()
        return getrlimit(resource, &limits) == 0 ? limits : rlimit(rlim_cur: 1024, rlim_max: 1024)
    }

    private static let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
}
