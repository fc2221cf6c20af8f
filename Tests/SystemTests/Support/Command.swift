import Foundation

/// How a command that was run to its end came out.
struct Command: Sendable, CustomStringConvertible {
    var status: Int32
    var output: String
    var errors: String

    var lines: [Substring] { output.split(separator: "\n") }
    var description: String { "status \(status)\n--- stdout\n\(output)\n--- stderr\n\(errors)" }

    /// Runs any program in this directory and waits for its end.
    static func run(
        _ executable: String, _ arguments: [String], in home: Home, environment: [String: String] = [:]
    ) async throws -> Command {
        let program = try Program(
            executable, arguments, environment: home.environment.merging(environment) { $1 }, directory: home.url)
        return try await Command(of: program)
    }

    /// Waits for the end of a program.
    init(of program: Program) async throws {
        output = try await program.output.all()
        errors = try await program.errors.all()
        status = try await program.status
    }
}
