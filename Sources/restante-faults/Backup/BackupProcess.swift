import Foundation

/// This program once more, as a process that can be killed.
enum BackupProcess {
    /// Runs it to its end and hands over its lines; true from `line` kills it.
    ///
    /// - Returns: its exit status, or the signal that ended it.
    static func run(_ arguments: [String], line: (Substring) throws -> Bool) throws -> Int32 {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        defer { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
        var rest = ""[...]
        var isKilled = false
        while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
            rest += String(decoding: data, as: UTF8.self)
            while let end = rest.firstIndex(of: "\n") {
                if try line(rest[..<end]), !isKilled {
                    kill(process.processIdentifier, SIGKILL)
                    isKilled = true
                }
                rest = rest[rest.index(after: end)...]
            }
        }
        process.waitUntilExit()
        return process.terminationStatus
    }
}
