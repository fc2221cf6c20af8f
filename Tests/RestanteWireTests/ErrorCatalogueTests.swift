import RestanteCore
import RestanteWire
import Testing

/// What the documentation says about codes is what the code has.
@Suite struct ErrorCatalogueTests {
    /// Rows look like "| 1 | `bad_request` | when | what to do |".
    @Test func everyCodeHasItsRow() throws {
        let rows = try rows(of: "docs/ERRORS.md").filter { Int($0[0]).map { $0 < 400 } == true }
        #expect(rows.allSatisfy { $0.count == 4 && $0.allSatisfy { !$0.isEmpty } })
        #expect(rows.map { "\($0[0]) \($0[1])" } == ErrorCode.allCases.map { "\($0.rawValue) `\($0.name)`" })
    }

    @Test func everyCloseCodeHasItsRow() throws {
        let rows = try rows(of: "docs/PROTOCOL.md").compactMap { UInt16($0[0]) }
        #expect(rows.filter { $0 >= 1000 } == WireCloseCode.allCases.map(\.rawValue))
    }

    /// The cells of the rows that begin with a number.
    private func rows(of file: String) throws -> [[String]] {
        try repositoryFile(file).split(separator: "\n").filter { $0.hasPrefix("| ") }
            .map { line in line.dropFirst().dropLast().split(separator: "|").map(trimmed) }
            .filter { Int($0[0]) != nil }
    }

    private func trimmed(_ cell: Substring) -> String {
        String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
