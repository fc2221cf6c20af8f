import Foundation

/// What plain C gets out of SQLite here and now.
struct CLimits: Sendable {
    let storedPerSecond: Double
    let drainedPerSecond: Double
    let lifePerSecond: Double

    private struct Line: Decodable {
        let workload: String
        let indexTrailsBy: Int?
        let batch: Int?
        let storedPerS: Double?
        let drainedPerS: Double?
        let lifecyclePerS: Double?
    }

    /// Builds and runs the C program; prints its lines as they are.
    static func measure(source: String, directory: String) throws -> [String: CLimits] {
        let binary = directory + "/sqlite_limits"
        _ = try output(of: "/usr/bin/env", ["cc", "-O2", source, "-lsqlite3", "-o", binary])
        let text = try output(of: binary, [directory])
        print(text, terminator: "")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        var limits: [String: CLimits] = [:]
        for row in text.split(separator: "\n") {
            let line = try decoder.decode(Line.self, from: Data(row.utf8))
            // With the index kept at once, as the store does it.
            guard line.indexTrailsBy == 0, let batch = line.batch, let stored = line.storedPerS,
                let drained = line.drainedPerS, let life = line.lifecyclePerS
            else { continue }
            limits["\(line.workload)|\(batch)"] = CLimits(
                storedPerSecond: stored, drainedPerSecond: drained, lifePerSecond: life)
        }
        return limits
    }

    private static func output(of program: String, _ arguments: [String]) throws -> String {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BenchError("\(program) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus)")
        }
        return String(decoding: data, as: UTF8.self)
    }
}

/// Why a measurement could not be made.
struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
