import CSQLite
import Foundation
import Glibc

/// What a figure was measured on: no figure says anything without it.
struct Machine: Sendable, Encodable {
    let processor: String
    let cores: Int
    let kernel: String
    let sqlite: String
    /// Of the directory that databases are made in.
    let filesystem: String
    /// The day in UTC, as 2026-11-26.
    let date: String
    /// Processes that want to run, averaged over a minute: what else the machine did when the run began.
    let load: Double

    /// - Parameter directory: the one that databases are made in.
    init(directory: String) {
        processor = Self.processorName
        cores = sysconf(CInt(_SC_NPROCESSORS_ONLN))
        kernel = Self.text("/proc/sys/kernel/osrelease").trimmingCharacters(in: .whitespacesAndNewlines)
        sqlite = String(cString: sqlite3_libversion())
        filesystem = Self.filesystem(of: directory)
        date = String(Date.now.formatted(.iso8601).prefix(10))
        load = Double(Self.text("/proc/loadavg").prefix { $0 != " " }) ?? 0
    }

    /// For people.
    var line: String {
        "\(processor), \(cores) cores, Linux \(kernel), SQLite \(sqlite), \(filesystem), \(date), load \(load)"
    }

    private static var processorName: String {
        let line = text("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
        let name = line?.split(separator: ":", maxSplits: 1).last ?? "unknown"
        return name.trimmingCharacters(in: .whitespaces)
    }

    /// The type of the innermost mount that holds it (proc(5), mountinfo).
    private static func filesystem(of directory: String) -> String {
        let path = URL(filePath: directory).resolvingSymlinksInPath().path + "/"
        var (found, length) = ("unknown", 0)
        for row in text("/proc/self/mountinfo").split(separator: "\n") {
            let words = row.split(separator: " ")
            guard let dash = words.firstIndex(of: "-"), dash + 1 < words.count, words.count > 4 else { continue }
            let mount = words[4].hasSuffix("/") ? String(words[4]) : words[4] + "/"
            if path.hasPrefix(mount), mount.count >= length {
                (found, length) = (String(words[dash + 1]), mount.count)
            }
        }
        return found
    }

    private static func text(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}
