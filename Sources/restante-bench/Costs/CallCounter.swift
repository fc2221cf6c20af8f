import CCallCounts
import Foundation
import Glibc

/// The library that counts allocations, fsyncs and written bytes within a process that is started with it.
enum CallCounter {
    /// Beside this program; nil: it was not built.
    static let library: String? = {
        let path = Bundle.main.bundleURL.appending(path: "libCCallCounter.so").path
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    /// What to say when there is no library.
    static let advice =
        "allocations, fsyncs and written bytes are not counted: `swift build -c release --product CCallCounter` first"

    /// What a process must have in its environment to be counted; nil: there is no library.
    ///
    /// Processes that it starts in turn are not counted.
    ///
    /// - Parameters:
    ///   - file: made by the process; ``CountsFile`` reads it.
    ///   - program: the last part of its name, when others come before it in the same environment (`env`, `valgrind`).
    ///   - cuts: see ``CountsFile/lives``.
    ///   - tick: nanoseconds by which each reading moves CLOCK_MONOTONIC; nil: the machine's clock.
    static func environment(
        file: String, program: String? = nil, cuts: Bool = false, tick: Int? = nil
    ) -> [String: String]? {
        guard let library else { return nil }
        var variables = ["LD_PRELOAD": library, CALLCOUNTS_FILE: file]
        if let program { variables[CALLCOUNTS_PROGRAM] = program }
        if cuts { variables[CALLCOUNTS_CUTS] = "1" }
        if let tick { variables[CALLCOUNTS_TICK] = "\(tick)" }
        return variables
    }

    /// The counts of this very process, which starts itself again with the library if it was not; nil: there is none.
    ///
    /// To be called before anything else: the process that comes back has the same arguments and nothing of what was done.
    ///
    /// - Parameter directory: where the file is made, which is removed at once.
    static func ofThisProcess(directory: String) -> CountsFile? {
        let file = ProcessInfo.processInfo.environment[CALLCOUNTS_FILE] ?? "\(directory)/counts-\(getpid())"
        if let counts = CountsFile(path: file), counts.process == getpid() {
            unlink(file)
            return counts
        }
        guard let variables = environment(file: "\(directory)/counts-\(getpid())") else { return nil }
        for (name, value) in variables { setenv(name, value, 1) }
        let arguments = CommandLine.arguments.map { strdup($0) } + [nil]
        execv("/proc/self/exe", arguments)
        return nil
    }
}
