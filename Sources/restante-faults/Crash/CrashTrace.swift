import Foundation

/// What strace wrote down of a child that one of its calls failed for.
struct CrashTrace {
    /// What a child writes on the store's thread whenever anything is told.
    static let answer = "answers"

    private let lines: [(at: Double, text: Substring)]
    private let failedAt: Int?

    init(_ path: String) throws {
        lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap { line in
            // The thread, the time, the call.
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
            guard words.count == 3, let time = Double(words[1]) else { return nil }
            return (time, words[2])
        }
        failedAt = lines.firstIndex { $0.text.contains("(INJECTED)") }
    }

    var hasFailed: Bool { failedAt != nil }

    /// What SQLite does not look at: it syncs the folder of a new file and does not ask how that went, and what cannot be
    /// added to the index of the WAL, of which nothing needs to last, it adds later.
    var isKeptBySQLite: Bool {
        guard let failedAt, let path = lines[failedAt].text.split(separator: ">").first?.split(separator: "<").last
        else {
            return false
        }
        return path.hasSuffix("-shm") || !path.contains("mail.db")
    }

    /// Whatever came after the failure that must not: an answer, or a second of life.
    var broken: [String] {
        guard let failedAt, let last = lines.last else { return [] }
        var broken: [String] = []
        if lines[failedAt...].contains(where: { $0.text.hasPrefix("write(1<") && $0.text.contains("\"\(Self.answer)") })
        {
            broken.append("P1: somebody was answered after the error")
        }
        let lived = last.at - lines[failedAt].at
        if lived > 1 { broken.append("it lived on for \(lived) s") }
        return broken
    }
}
