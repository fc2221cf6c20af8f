import Foundation

/// A temporary directory with the database, the keys of the command line, and nothing of anyone else's.
struct Home: Sendable {
    let url: URL

    /// Makes a directory for `body`, and removes it afterwards.
    static func with<Result>(_ body: (Home) async throws -> Result) async throws -> Result {
        // Short, since the operators' socket is in it, whose path has at most 107 bytes.
        let url = URL(filePath: "/tmp/restante-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: url) }
        return try await body(Home(url: url))
    }

    var database: String { file("mail.db") }
    func file(_ name: String) -> String { url.appending(path: name).path }

    /// The environment of programs that run here: no variable of Restante is inherited from whoever runs the tests.
    var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("RESTANTE_") }
        environment["HOME"] = url.path
        environment["RESTANTE_HOME"] = url.path
        return environment
    }

    /// Runs a command of the binary.
    func restante(_ arguments: String..., environment: [String: String] = [:]) async throws -> Command {
        try await Command.run(Products.restante, arguments, in: self, environment: environment)
    }

    /// Asks the database a question, as a person with the shell does.
    func sqlite3(_ sql: String, readOnly: Bool = true) async throws -> Command {
        try await Command.run("/usr/bin/sqlite3", (readOnly ? ["-readonly"] : []) + [database, sql], in: self)
    }

    /// The bytes of a file; none if there is no such file.
    ///
    /// Reading does not disturb the server, which is another process: closing a file drops the reader's own locks only.
    func bytes(_ name: String) -> Data { FileManager.default.contents(atPath: file(name)) ?? Data() }
}
