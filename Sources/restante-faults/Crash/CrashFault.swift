/// What strace does to a child at one of its calls.
enum CrashFault: String, Sendable {
    case kill = "kill"
    case error = "EIO"

    var calls: [String] {
        // A journal that cannot be deleted is no write of ours.
        ["pwrite64", "fdatasync", "fsync", "ftruncate"] + (self == .kill ? ["unlink"] : [])
    }

    /// - Parameter trace: where the calls are written down.
    func options(_ call: String, _ number: Int, trace: String) -> [String] {
        switch self {
        case .kill:
            ["-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e", "inject=\(call):signal=KILL:when=\(number)"]
        case .error:
            [
                "-f", "-q", "-y", "-ttt", "-o", trace, "-e", "trace=\(call),write", "-e",
                "inject=\(call):error=EIO:when=\(number)",
            ]
        }
    }
}
