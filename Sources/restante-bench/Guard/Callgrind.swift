import Foundation

/// Counts a program's instructions on valgrind's processor, phase by phase.
struct Callgrind {
    /// Where it leaves its files.
    let directory: String

    /// Runs a program of four calls of `phaseEnd`.
    ///
    /// - Parameter environment: added to this process's own, for the program alone.
    /// - Returns: what it wrote, and the instructions between two calls each.
    func run(
        _ program: [String], phaseEnd: String, environment: [String: String]
    ) throws -> (output: String, instructions: Phases<Int>) {
        let prefix = "callgrind-\(UUID().uuidString)"
        // The program's environment must not be valgrind's: `env` stands between.
        let arguments =
            [
                "--quiet", "--tool=callgrind", "--trace-children=yes", "--dump-before=\(phaseEnd)",
                "--callgrind-out-file=\(directory)/\(prefix).%p", "env",
            ] + environment.map { "\($0)=\($1)" } + program
        let output = try ChildOutput.of("/usr/bin/env", ["valgrind"] + arguments)
        defer { removeFiles(prefix) }
        let dumps = try files(prefix).compactMap(Dump.init).sorted { $0.number < $1.number }
        guard dumps.count == 4 else {
            throw BenchError("callgrind saw \(dumps.count) calls of \(phaseEnd), where 4 were expected")
        }
        return (
            output,
            Phases(stored: dumps[1].instructions, drained: dumps[2].instructions, swept: dumps[3].instructions)
        )
    }

    private func files(_ prefix: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasPrefix(prefix) }
            .map { directory + "/" + $0 }
    }

    private func removeFiles(_ prefix: String) {
        for file in (try? files(prefix)) ?? [] { try? FileManager.default.removeItem(atPath: file) }
    }

    /// What was run until a call: a file whose name ends in .PROCESS.NUMBER.
    private struct Dump {
        let number: Int
        let instructions: Int

        init?(path: String) {
            let parts = URL(filePath: path).lastPathComponent.split(separator: ".")
            guard parts.count == 3, let number = Int(parts[2]),
                let text = try? String(contentsOfFile: path, encoding: .utf8),
                let line = text.split(separator: "\n").last(where: { $0.hasPrefix("totals: ") }),
                let instructions = Int(line.dropFirst(8))
            else { return nil }
            (self.number, self.instructions) = (number, instructions)
        }
    }
}
