import Foundation
import Testing

@testable import RestanteMetrics

/// `docs/METRICS.md` and the code say the same.
@Suite struct CatalogueTests {
    @Test func everyMetricIsDocumentedAndNothingElse() throws {
        let page = try String(contentsOf: documentation("METRICS.md"), encoding: .utf8)
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
            row.split(separator: "|", omittingEmptySubsequences: false).dropFirst().prefix(3)
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let expected = Metric.catalogue.map { metric in
            ["`\(metric.name)`", metric.kind.name, metric.labels.map { "`\($0)`" }.joined(separator: ", ")]
        }
        #expect(rows == expected)
    }

    /// An alert on a metric that is not there never fires.
    @Test func alertsNameMetricsThatThereAre() throws {
        let page = try String(contentsOf: documentation("METRICS.md"), encoding: .utf8)
        let names = Set(page.matches(of: /\b(restante|process)_[a-z_]+/).map { String($0.output.0) })
        let known = Metric.catalogue.flatMap { metric in
            if case .histogram = metric.kind { [metric.name, metric.name + "_bucket"] } else { [metric.name] }
        }
        #expect(names.subtracting(known) == [])
    }

    @Test func namesAreThereOnce() {
        #expect(Set(Metric.catalogue.map(\.name)).count == Metric.catalogue.count)
    }

    private func documentation(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/\(name)")
    }
}
