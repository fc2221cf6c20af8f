import Foundation
import Glibc

/// A server's process: started with its standard output on a pipe and its log in a file.
struct ServerChild: Sendable {
    let process: pid_t
    private let output: CInt

    /// - Parameters:
    ///   - log: the file that its standard error is added to.
    ///   - variables: added to this process's own environment.
    init(_ executable: String, _ arguments: [String], log: String, variables: [String: String] = [:]) throws {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw BenchError("no pipe (errno \(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let argv = ([executable] + arguments).map { strdup($0) } + [nil]
        let environment = ProcessInfo.processInfo.environment.merging(variables) { $1 }
        let envp = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var id = pid_t()
        let code = posix_spawn(&id, executable, &actions, nil, argv, envp)
        guard code == 0 else {
            close(ends[0])
            throw BenchError("cannot start \(executable): \(String(cString: strerror(code)))")
        }
        process = id
        output = ends[0]
    }

    /// Blocks until it says where it listens, and returns the port; nil if it ends before.
    func waitForPort() -> Int? {
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(output, &buffer, buffer.count), count > 0 {
            text += buffer[..<count]
            let lines = String(decoding: text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            // The last piece is no whole line yet.
            if let line = lines.dropLast().first(where: { $0.hasPrefix("listening = ") }) {
                return line.split(separator: ":").last.flatMap { Int($0) }
            }
        }
        return nil
    }

    /// Blocks until it is gone: its exit status, or the signal that ended it, negative.
    func waitForEnd() -> CInt {
        var status: CInt = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        close(output)
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }
}
