import FoundationEssentials

/// The control groups of a process, as `/proc/PID/cgroup` lists them (cgroups(7)).
///
/// A limit holds for everything below it, so all groups from the process's own up to the root are looked at. A container
/// sees its own group as the root.
struct ControlGroups {
    /// What `/proc/PID/cgroup` says.
    var list: String
    /// Where the file system of control groups is mounted.
    var root: String

    static let ofThisProcess = ControlGroups(list: read("/proc/self/cgroup") ?? "", root: "/sys/fs/cgroup")

    /// The least of the limits in bytes, of version 2 or 1; nil: there is none, or it cannot be read.
    var memoryLimit: Int? {
        list.split(separator: "\n").compactMap { line in
            // hierarchy-ID:controllers:path; version 2 has 0 and no controllers
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { return nil }
            if fields[0] == "0", fields[1].isEmpty { return least("memory.max", root, fields[2]) }
            guard fields[1].split(separator: ",").contains("memory") else { return nil }
            return least("memory.limit_in_bytes", root + "/memory", fields[2])
        }.min()
    }

    private func least(_ file: String, _ root: String, _ path: Substring) -> Int? {
        // A path that begins above the root is of a group that cannot be seen from here.
        var names = path.split(separator: "/").filter { $0 != ".." }
        var limits: [Int?] = []
        repeat {
            let folder = ([root] + names.map(String.init)).joined(separator: "/")
            // "max" is no number, and no limit.
            limits.append(Self.read(folder + "/" + file).flatMap { Int($0.filter { !$0.isWhitespace }) })
        } while names.popLast() != nil
        return limits.compactMap(\.self).min()
    }

    private static func read(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
