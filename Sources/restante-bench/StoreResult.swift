import Foundation

/// What one scenario took.
struct StoreResult {
    let scenario: StoreScenario
    let delivered: Int
    /// Seconds of each phase.
    let storing: Double
    let draining: Double
    let sweeping: Double

    var storedPerSecond: Double { Double(scenario.messages) / storing }
    var drainedPerSecond: Double { Double(delivered) / draining }
    var lifePerSecond: Double { Double(delivered) / (storing + draining + sweeping) }

    func ratios(to limit: CLimits) -> (stored: Double, drained: Double, life: Double) {
        (
            storedPerSecond / limit.storedPerSecond, drainedPerSecond / limit.drainedPerSecond,
            lifePerSecond / limit.lifePerSecond
        )
    }

    private struct Line: Encodable {
        let scenario: String
        let batch: Int
        let delivered: Int
        let storedPerS: Int
        let drainedPerS: Int
        let sweptPerS: Int
        let lifecyclePerS: Int
        let storedRatio: Double?
        let drainedRatio: Double?
        let lifecycleRatio: Double?
    }

    func json(beside limit: CLimits?) throws -> String {
        let ratios = limit.map(ratios)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        let line = Line(
            scenario: scenario.name, batch: scenario.batch, delivered: delivered, storedPerS: Int(storedPerSecond),
            drainedPerS: Int(drainedPerSecond), sweptPerS: Int(Double(scenario.messages) / sweeping),
            lifecyclePerS: Int(lifePerSecond), storedRatio: ratios?.stored, drainedRatio: ratios?.drained,
            lifecycleRatio: ratios?.life)
        return String(decoding: try encoder.encode(line), as: UTF8.self)
    }
}
