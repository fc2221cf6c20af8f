import Foundation
import Glibc

/// A process that has been started: what it writes, signals to it, and its end.
///
/// Made with posix_spawn and waited for on a thread that blocks: Foundation's Process learns of an end through a socket
/// that other children can inherit, and then misses it.
final class Program: Sendable {
    struct DidNotStart: Error {
        let executable: String
        let code: Int32
    }

    let output: Output
    let errors: Output
    let process: pid_t
    private let exit = Watched<Int32?>(nil)

    init(_ executable: String, _ arguments: [String], environment: [String: String], directory: URL) throws {
        let (standardOutput, standardError) = (try PrivatePipe(), try PrivatePipe())
        process = try Self.spawn(
            executable, arguments, environment, directory, standardOutput.writing, standardError.writing)
        output = Output(standardOutput)
        errors = Output(standardError)
        Thread.detachNewThread { [exit, process] in
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            // The low seven bits are the signal, the byte above them the code.
            let ended = status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
            exit.change { $0 = ended }
        }
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], _ environment: [String: String], _ directory: URL,
        _ standardOutput: Int32, _ standardError: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, standardOutput, 1)
        posix_spawn_file_actions_adddup2(&actions, standardError, 2)
        // Glibc's own change of directory is not imported; env(1) becomes the program, under the same process id.
        let texts = ["env", "-C", directory.path, executable] + arguments
        let argv = texts.map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var process = pid_t()
        let code = posix_spawn(&process, "/usr/bin/env", &actions, nil, argv, envp)
        guard code == 0 else { throw DidNotStart(executable: executable, code: code) }
        return process
    }

    /// Sends a signal; nothing if the process has ended.
    func signal(_ number: Int32) {
        if exit.now == nil { kill(process, number) }
    }

    /// The exit status, or the signal that ended it as a negative number.
    var status: Int32 {
        get async throws { try await exit.first { $0 } }
    }
}

/// A pipe that no other child inherits.
struct PrivatePipe {
    let reading: Int32
    let writing: Int32

    init() throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw CocoaError(.fileReadUnknown) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (reading, writing) = (ends[0], ends[1])
    }
}

/// Where the binaries are that were built with these tests: beside the test bundle.
enum Products {
    static let restante = Bundle.main.bundleURL.appending(path: "restante").path
    static let bench = Bundle.main.bundleURL.appending(path: "restante-bench").path
    static let echo = Bundle.main.bundleURL.appending(path: "restante-echo").path
}
