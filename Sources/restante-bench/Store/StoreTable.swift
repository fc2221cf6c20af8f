import Foundation

/// The readable form of a store's results.
enum StoreTable {
    static let header = line(["scenario", "batch", "stored/s", "drained/s", "life/s", "ratios to C"])
    private static let costHeader = line(["", "", "", "µs", "bytes", "fsyncs", "allocations a message"])

    /// A row, and below it what each phase costs.
    static func rows(_ result: StoreResult, beside limit: CLimits?) -> String {
        let ratios = limit.map { result.ratios(to: $0) }
        let text = ratios.map { String(format: "%.2f %.2f %.2f", $0.stored, $0.drained, $0.life) } ?? "-"
        let rates = [result.storedPerSecond, result.drainedPerSecond, result.lifePerSecond].map { String(Int($0)) }
        let row = line([result.scenario.name, String(result.scenario.batch)] + rates + [text])
        return ([row, costHeader] + costs(result, limit)).joined(separator: "\n")
    }

    private static func costs(_ result: StoreResult, _ limit: CLimits?) -> [String] {
        let mine = result.perMessage
        var lines = [("stored", mine.stored), ("drained", mine.drained), ("swept", mine.swept)].map { name, costs in
            line(["  " + name, "", ""] + costs.cells)
        }
        if let ratio = CostsRatio(result.costs, to: limit?.costs) {
            lines.append(
                "  bytes to C: stored \(ratio.storedBytes) (WAL alone \(ratio.storedWalBytes)), stored and drained \(ratio.storedAndDrainedBytes), "
                    + "swept \(ratio.sweptBytes), life \(ratio.lifeBytes); CPU: stored \(ratio.storedCpu), "
                    + "drained \(ratio.drainedCpu), life \(ratio.lifeCpu)")
        }
        return lines
    }

    private static func line(_ cells: [String]) -> String {
        zip(cells, [26, 6, 10, 10, 10, 10, 16]).map { cell, width in
            cell + String(repeating: " ", count: max(1, width - cell.count))
        }.joined()
    }
}
