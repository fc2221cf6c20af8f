import Foundation

/// Measures the store and the program in C on valgrind's processor.
struct GuardMeasurement {
    /// By which each look at the clock moves it, so that slices of the store's own work end after so many looks: about
    /// what lies between two of them on a machine.
    private static let tick = 10_000

    let directory: String
    let reference: String

    func measure(_ scenario: GuardScenario) throws -> Phases<GuardFigures> {
        let store = try store(scenario)
        let limit = try limit(scenario)
        let (sends, deliveries) = (scenario.store.messages, store.delivered)
        return Phases(
            stored: figures(store, limit, .stored, sends, sends),
            drained: figures(store, limit, .drained, deliveries, limit.delivered),
            swept: figures(store, limit, .swept, sends, sends))
    }

    private struct Measured {
        let delivered: Int
        let calls: Phases<Calls>
        let instructions: Phases<Int>
    }

    private func figures(
        _ store: Measured, _ limit: Measured, _ phase: Phase, _ messages: Int, _ limitMessages: Int
    ) -> GuardFigures {
        let calls = phase.of(store.calls)
        let bytes = Double(calls.storeBytes) / Double(messages)
        let instructions = Double(phase.of(store.instructions)) / Double(messages)
        return GuardFigures(
            allocationsPerMessage: Double(calls.allocations) / Double(messages), bytesPerMessage: bytes,
            fsyncsPerMessage: Double(calls.fsyncs) / Double(messages), instructionsPerMessage: instructions,
            bytesToC: bytes / Double(phase.of(limit.calls).storeBytes) * Double(limitMessages),
            instructionsToC: instructions / Double(phase.of(limit.instructions)) * Double(limitMessages))
    }

    private enum Phase {
        case stored, drained, swept

        func of<Value>(_ phases: Phases<Value>) -> Value {
            switch self {
            case .stored: phases.stored
            case .drained: phases.drained
            case .swept: phases.swept
            }
        }
    }

    private func store(_ scenario: GuardScenario) throws -> Measured {
        let counts = directory + "/guard-counts"
        guard let program = Bundle.main.executableURL?.path else { throw BenchError("this program has no path") }
        var environment = try environment(of: program, counts: counts, tick: Self.tick)
        // Hashes that are seeded anew in each process would make each run another.
        environment["SWIFT_DETERMINISTIC_HASHING"] = "1"
        let (text, instructions) = try Callgrind(directory: directory).run(
            [program, "guard-run", scenario.rawValue, directory], phaseEnd: "callcounts_phase_ends",
            environment: environment)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let output = try decoder.decode(GuardOutput.self, from: Data(text.utf8))
        return Measured(delivered: output.delivered, calls: output.calls, instructions: instructions)
    }

    private func limit(_ scenario: GuardScenario) throws -> Measured {
        let counts = directory + "/guard-counts"
        let (text, instructions) = try Callgrind(directory: directory).run(
            [reference, directory] + scenario.arguments, phaseEnd: "phase_ends",
            environment: try environment(of: reference, counts: counts, cuts: true))
        guard let life = CountsFile(path: counts)?.lives.first, let delivered = Int(text.dropLast()) else {
            throw BenchError("\(reference) was not counted")
        }
        return Measured(
            delivered: delivered, calls: Phases(between: life.map { $0.calls ?? Calls() }), instructions: instructions)
    }

    private func environment(
        of program: String, counts: String, cuts: Bool = false, tick: Int? = nil
    ) throws -> [String: String] {
        let name = URL(filePath: program).lastPathComponent
        guard let variables = CallCounter.environment(file: counts, program: name, cuts: cuts, tick: tick) else {
            throw BenchError(CallCounter.advice)
        }
        return variables
    }
}
