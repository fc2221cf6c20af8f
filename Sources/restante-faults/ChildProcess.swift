import Foundation
import Glibc

/// A program that has been started, with what it prints.
struct ChildProcess: Sendable {
    let id: pid_t
    /// The reading end of its standard output: the caller reads it to the end and closes it.
    let output: Int32

    /// - Parameter errors: the file that its standard error is added to.
    init(_ executable: String, _ arguments: [String], errors: String = "/dev/null") throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
        // No other child inherits them.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let argv = ([executable] + arguments).map { strdup($0) } + [nil]
        // No variable of Restante is inherited from whoever runs this.
        let variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("RESTANTE_") }
        let envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var id = pid_t()
        let code = posix_spawn(&id, executable, &actions, nil, argv, envp)
        guard code == 0 else {
            close(ends[0])
            throw POSIXError(POSIXErrorCode(rawValue: code) ?? .EIO)
        }
        self.id = id
        output = ends[0]
    }

    /// Waits until it is gone: its exit status, or the signal that ended it, negative.
    func status() async -> Int32 {
        await Self.onThread { [id] in
            var status: Int32 = 0
            while waitpid(id, &status, 0) < 0, errno == EINTR {}
            return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
        }
    }

    /// All that it prints.
    func text() async -> String {
        await Self.onThread { [output] in
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            while case let count = read(output, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
            close(output)
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// The cooperative pool must never wait for a process.
    private static func onThread<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }
}
