import ArgumentParser
import Foundation

/// Fails when a message costs more than it did: what does not depend on the machine is counted, and no time is taken.
struct GuardBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard",
        abstract: "Compare what a message costs with the most that it may; `Scripts/guard` builds what this needs.",
        discussion: """
            Allocations, instructions, bytes and fsyncs a message, and instructions and bytes as multiples of what a program \
            in C costs that does the same statements. One thread, seeded traffic and a clock that stands still: each run does \
            the same.

              Scripts/guard
              Scripts/guard --update
            """)

    @Option(help: "The most that each figure may be.")
    var thresholds: String
    @Option(help: "The program in C, built from Tests/guard/reference.c.")
    var reference: String
    @Flag(help: "Take what is measured, with the usual margins, for the new thresholds.")
    var update = false

    func run() throws {
        let limits = update ? [:] : try read()
        let directory = NSTemporaryDirectory() + "/restante-guard-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var measured: [String: Phases<GuardFigures>] = [:]
        for scenario in GuardScenario.allCases {
            LoadProgress.say("guard: \(scenario.rawValue)")
            measured[scenario.rawValue] = try GuardMeasurement(directory: directory, reference: reference)
                .measure(scenario)
        }
        let broken = report(measured, beside: limits)
        if update { try write(measured) }
        guard broken == 0 else {
            throw BenchError(
                "\(broken) figures are beyond \(thresholds): mend what costs more, or, when it is worth it, say why in the "
                    + "commit and run Scripts/guard --update")
        }
    }

    /// How many figures are beyond their limit.
    private func report(_ measured: [String: Phases<GuardFigures>], beside limits: [String: Phases<GuardFigures>])
        -> Int
    {
        var broken = 0
        for (name, phases) in measured.sorted(by: { $0.key < $1.key }) {
            let most = limits[name]
            for (phase, figures, limit) in [
                ("stored", phases.stored, most?.stored), ("drained", phases.drained, most?.drained),
                ("swept", phases.swept, most?.swept),
            ] {
                print("\(name), \(phase):")
                for (text, holds) in figures.lines(beside: limit) {
                    print("  \(text)")
                    if !holds { broken += 1 }
                }
            }
        }
        return broken
    }

    private func read() throws -> [String: Phases<GuardFigures>] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = try Data(contentsOf: URL(filePath: thresholds))
        let limits = try decoder.decode([String: Phases<GuardFigures>].self, from: data)
        guard GuardScenario.allCases.allSatisfy({ limits[$0.rawValue] != nil }) else {
            throw BenchError("\(thresholds) does not have every scenario: Scripts/guard --update writes it")
        }
        return limits
    }

    private func write(_ measured: [String: Phases<GuardFigures>]) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let data = try encoder.encode(measured.mapValues { $0.map(\.withMargins) })
        try (data + Data("\n".utf8)).write(to: URL(filePath: thresholds))
    }
}
