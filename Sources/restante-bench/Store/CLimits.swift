import Foundation

/// What plain C gets out of SQLite here and now, phase by phase.
struct CLimits: Sendable {
    let storedPerSecond: Double
    let drainedPerSecond: Double
    let lifePerSecond: Double
    /// Nil: they were not counted.
    let costs: Phases<Costs>?

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
        let counts = directory + "/sqlite_limits-counts"
        defer { try? FileManager.default.removeItem(atPath: counts) }
        _ = try ChildOutput.of("/usr/bin/env", ["cc", "-O2", source, "-lsqlite3", "-o", binary])
        let environment = CallCounter.environment(file: counts, cuts: true) ?? [:]
        let text = try ChildOutput.of(binary, [directory], environment: environment)
        print(text, terminator: "")
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let lines = try text.split(separator: "\n").map { try decoder.decode(Line.self, from: Data($0.utf8)) }
        return limits(lines.filter { $0.batch != nil }, CountsFile(path: counts)?.lives ?? [])
    }

    /// - Parameter lives: of each workload's database, in the same order. The program reads the clock when it begins to store
    ///   and at the end of each phase, and in between only where the index trails.
    private static func limits(_ lines: [Line], _ lives: [[Costs]]) -> [String: CLimits] {
        var limits: [String: CLimits] = [:]
        for (number, line) in lines.enumerated() {
            // With the index kept at once, as the store does it.
            guard line.indexTrailsBy == 0, let batch = line.batch, let stored = line.storedPerS,
                let drained = line.drainedPerS, let life = line.lifecyclePerS
            else { continue }
            limits["\(line.workload)|\(batch)"] = CLimits(
                storedPerSecond: stored, drainedPerSecond: drained, lifePerSecond: life,
                costs: lives.count == lines.count ? Phases(between: lives[number]) : nil)
        }
        return limits
    }
}
