/// What the process ends with, after sysexits.h; `docs/CONFIGURATION.md` lists them for scripts.
///
/// Trouble with the database has codes of its own: `StoreError.Code`.
enum ExitStatus: Int32, CaseIterable {
    case ok = 0
    /// The command line is wrong.
    case usage = 64
    /// What was given to work on is wrong: a file, a name, a message that was rejected, a device's push target.
    case badData = 65
    /// The server cannot be reached, or went away for good.
    case unavailable = 69
    /// A file that was asked for cannot be made.
    case cannotCreate = 73
    /// A file or the disk cannot be read or written.
    case inputOutput = 74
    /// Not now: the same command may succeed later.
    case tryAgain = 75
    /// No token, a bad one, or one that does not allow this.
    case notPermitted = 77
    /// A setting of the server is wrong, or what was asked for needs one that is not there.
    case configuration = 78
}

/// Why a command ends, with what to do about it; printed to stderr by `Restante.main`.
struct CommandFailure: Error {
    let status: Int32
    let message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status.rawValue
        self.message = message
    }

    init(status: Int32, _ message: String) {
        self.status = status
        self.message = message
    }

    /// - Parameter problems: each begins with its setting.
    init(wrongSettings problems: [String]) {
        self.init(
            .configuration,
            "the settings are not right:\n" + problems.map { "  " + $0 }.joined(separator: "\n")
                + "\nSee docs/CONFIGURATION.md, or `restante serve --help`.")
    }
}
