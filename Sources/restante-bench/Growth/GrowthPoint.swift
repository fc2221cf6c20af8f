/// What was measured where one thing had grown to `x`.
struct GrowthPoint: Encodable {
    let series: String
    let x: Int
    let devices: Int
    let messages: Int
    let batch: Int
    let payloadBytes: Int
    let delivered: Int
    /// Seconds that all devices and groups took to be registered, and what one device costs.
    let registeredIn: Double
    let registered: MessageCosts
    let storedPerS: Int
    let drainedPerS: Int
    let sweptPerS: Int
    let costs: Phases<MessageCosts>

    init(_ series: GrowthSeries, _ x: Int, _ result: StoreResult) {
        let scenario = result.scenario
        (self.series, self.x) = (series.rawValue, x)
        (devices, messages) = (scenario.devices, scenario.messages)
        (batch, payloadBytes, delivered) = (scenario.batch, scenario.payloadBytes, result.delivered)
        registeredIn = result.registered.wallSeconds.rounded(toPlaces: 1)
        registered = result.registered.per(scenario.devices)
        (storedPerS, drainedPerS) = (Int(result.storedPerSecond), Int(result.drainedPerSecond))
        sweptPerS = Int(result.sweptPerSecond)
        costs = result.perMessage
    }

    static let header = row(
        [
            "series", "x", "stored/s", "µs", "bytes", "fsyncs", "allocs", "drained/s", "µs", "bytes", "fsyncs",
            "allocs", "swept/s", "µs",
        ])

    var row: String {
        Self.row(
            [series, String(x), String(storedPerS)] + costs.stored.cells + [String(drainedPerS)] + costs.drained.cells
                + [String(sweptPerS), costs.swept.cells[0]])
    }

    private static func row(_ cells: [String]) -> String {
        let widths = [11, 9, 10, 8, 8, 8, 8, 10, 8, 8, 8, 8, 10, 8]
        return zip(cells, widths).map { cell, width in
            cell + String(repeating: " ", count: max(1, width - cell.count))
        }.joined()
    }
}
