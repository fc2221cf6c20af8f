import Foundation

/// What a scenario found: a table for people, one line of JSON for programs.
protocol LoadReport: Encodable {
    /// What was measured, and the figure with its unit.
    var rows: [(String, String)] { get }
}

extension LoadReport {
    func printed() throws {
        let width = rows.map(\.0.count).max() ?? 0
        for (name, figure) in rows {
            print("  " + name + String(repeating: " ", count: width - name.count + 2) + figure)
        }
        print(try jsonLine)
        fflush(nil)
    }
}

/// Tells people how far a run is, on standard error.
enum LoadProgress {
    static func say(_ text: String) { FileHandle.standardError.write(Data("# \(text)\n".utf8)) }
}

extension [String: Int] {
    /// How often each was met.
    var counted: String {
        isEmpty ? "none" : sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
    }
}

extension Int64 {
    var mebibytes: String { "\((Double(self) / 1_048_576).short) MiB" }
}
