import Foundation

/// What one scenario took.
struct StoreResult: Sendable {
    let scenario: StoreScenario
    let delivered: Int
    /// Of all devices and groups, before anything is sent.
    let registered: Costs
    let costs: Phases<Costs>

    var storedPerSecond: Double { Double(scenario.messages) / costs.stored.wallSeconds }
    var drainedPerSecond: Double { Double(delivered) / costs.drained.wallSeconds }
    var sweptPerSecond: Double { Double(scenario.messages) / costs.swept.wallSeconds }
    var lifePerSecond: Double { Double(delivered) / costs.life.wallSeconds }

    /// Each phase by what it handles: sends, deliveries, sends.
    var perMessage: Phases<MessageCosts> {
        Phases(
            stored: costs.stored.per(scenario.messages), drained: costs.drained.per(delivered),
            swept: costs.swept.per(scenario.messages))
    }

    func ratios(to limit: CLimits) -> (stored: Double, drained: Double, life: Double) {
        (
            storedPerSecond / limit.storedPerSecond, drainedPerSecond / limit.drainedPerSecond,
            lifePerSecond / limit.lifePerSecond
        )
    }

    func json(beside limit: CLimits?) throws -> String { try Line(self, limit).jsonLine }

    private struct Line: Encodable {
        let scenario: String
        let batch: Int
        let payloadBytes: Int
        let delivered: Int
        let storedPerS: Int
        let drainedPerS: Int
        let sweptPerS: Int
        let lifecyclePerS: Int
        let costs: Phases<MessageCosts>
        let storedRatio: Double?
        let drainedRatio: Double?
        let lifecycleRatio: Double?
        let costsRatio: CostsRatio?

        init(_ result: StoreResult, _ limit: CLimits?) {
            let ratios = limit.map(result.ratios)
            (scenario, batch) = (result.scenario.name, result.scenario.batch)
            (payloadBytes, delivered) = (result.scenario.payloadBytes, result.delivered)
            (storedPerS, drainedPerS) = (Int(result.storedPerSecond), Int(result.drainedPerSecond))
            (sweptPerS, lifecyclePerS) = (Int(result.sweptPerSecond), Int(result.lifePerSecond))
            costs = result.perMessage
            storedRatio = ratios?.stored.rounded(toPlaces: 3)
            drainedRatio = ratios?.drained.rounded(toPlaces: 3)
            lifecycleRatio = ratios?.life.rounded(toPlaces: 3)
            costsRatio = CostsRatio(result.costs, to: limit?.costs)
        }
    }
}

/// What the store costs as a multiple of what plain C costs for the same.
struct CostsRatio: Sendable, Encodable {
    let storedBytes: Double
    /// Without checkpoints, which begin at another size of the WAL in each of the two.
    let storedWalBytes: Double
    /// Whole life but for the sweep.
    let storedAndDrainedBytes: Double
    let sweptBytes: Double
    let lifeBytes: Double
    let lifeFsyncs: Double
    let storedCpu: Double
    let drainedCpu: Double
    let lifeCpu: Double

    /// Nil: one of the two was not counted.
    init?(_ store: Phases<Costs>, to limit: Phases<Costs>?) {
        guard let limit, store.life.calls != nil, limit.life.calls != nil else { return nil }
        func ratio(_ value: (Phases<Costs>) -> Double) -> Double {
            (value(store) / max(value(limit), .leastNonzeroMagnitude)).rounded(toPlaces: 3)
        }
        func bytes(_ costs: Costs) -> Double { Double(costs.calls?.storeBytes ?? 0) }
        storedBytes = ratio { bytes($0.stored) }
        storedWalBytes = ratio { Double($0.stored.calls?.walBytes ?? 0) }
        storedAndDrainedBytes = ratio { bytes($0.stored + $0.drained) }
        sweptBytes = ratio { bytes($0.swept) }
        lifeBytes = ratio { bytes($0.life) }
        lifeFsyncs = ratio { Double($0.life.calls?.fsyncs ?? 0) }
        storedCpu = ratio { $0.stored.cpuSeconds }
        drainedCpu = ratio { $0.drained.cpuSeconds }
        lifeCpu = ratio { $0.life.cpuSeconds }
    }
}
