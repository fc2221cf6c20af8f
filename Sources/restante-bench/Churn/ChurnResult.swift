import Foundation

/// What a churn came to.
struct ChurnResult: Encodable {
    /// File, WAL and memory at one moment.
    struct Sample: Encodable {
        var messages: Int
        var databaseBytes: Int64
        var walBytes: Int64
        var residentBytes: Int64
        /// Rows that are stored, waiting or about to be swept.
        var rows: Int64

        /// What those rows take, and the ids that are remembered: 360 bytes for both, as long as nothing has been removed.
        var liveBytes: Int64 { rows * 280 + Int64(ChurnRun.rememberedIDs) * 80 }
    }

    /// SQLite's page cache, which fills up once: `Schema.settings`.
    private static let cacheBytes: Int64 = 256 << 20

    var messages: Int
    var seconds: Double
    var samples: [Sample]
    /// Milliseconds of a commit, from handing it over to its answer.
    var p50, p99, p999, longest: Double
    /// What the store did of its own accord between two commits: all of it, then kind by kind.
    var pauses: [Pause]

    /// How long slices of one kind took.
    struct Pause: Encodable {
        var chore: String
        var count: Int
        var p50, p99, p999, longest: Double
    }

    var table: String {
        let head = "   messages   file MB    WAL MB    RSS MB        rows\n"
        return head
            + samples.map { sample in
                [
                    pad(sample.messages, 11), pad(Int(sample.databaseBytes >> 20), 10),
                    pad(Int(sample.walBytes >> 20), 10),
                    pad(Int(sample.residentBytes >> 20), 10), pad(Int(sample.rows), 12),
                ].joined()
            }.joined(separator: "\n")
            + "\n\(messages) messages in \(Int(seconds)) s: \(Int(Double(messages) / seconds))/s;"
            + " a commit: p50 \(p50) ms, p99 \(p99) ms, p99.9 \(p999) ms, longest \(longest) ms\n"
            + pauses.map {
                "held back by \($0.chore), \($0.count) times: p50 \($0.p50) ms, p99 \($0.p99) ms, p99.9 \($0.p999) ms,"
                    + " longest \($0.longest) ms"
            }.joined(separator: "\n")
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// Throws what has grown beyond 1.5 times what was live, or since the first quarter, and slices of any kind that together held commits back for longer than
    /// `pause` milliseconds at the 99.9th percentile (nil: the machine is shared, and what it makes wait says nothing).
    func check(pause: Double?) throws {
        if let pause, let all = pauses.first, all.p999 > pause {
            throw BenchError("commits were held back for \(all.p999) ms at p99.9, where \(pause) ms are allowed")
        }
        let early = samples[max(1, samples.count / 4)]
        let live = samples.map(\.liveBytes).max() ?? 0
        for sample in samples.dropFirst(samples.count / 4) {
            guard sample.databaseBytes <= live * 3 / 2 else {
                throw BenchError("the file grew to \(sample.databaseBytes) bytes, of which \(live) were live at most")
            }
            guard sample.residentBytes <= early.residentBytes * 3 / 2 + Self.cacheBytes else {
                throw BenchError("memory grew from \(early.residentBytes) to \(sample.residentBytes) bytes")
            }
            // Sweeping begins 20 s after the cursors have moved while commits follow each other.
            guard Double(sample.rows) <= Double(messages) / seconds * 60 else {
                throw BenchError("\(sample.rows) messages wait for the sweep: it does not keep pace")
            }
        }
    }

    private func pad(_ number: Int, _ width: Int) -> String {
        let text = "\(number)"
        return String(repeating: " ", count: max(1, width - text.count)) + text
    }
}
