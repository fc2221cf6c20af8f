import Glibc

/// What the kernel says of a process, from /proc.
struct ProcessFigures: Sendable, Encodable {
    /// Memory that is in RAM (VmRSS): what sockets hold in the kernel is not in it.
    var residentBytes: Int64
    /// User and system time since the process began.
    var cpuSeconds: Double
    var openFiles: Int

    /// Zeros for a process that is gone, or somebody else's.
    init(of process: pid_t) {
        residentBytes = Self.number("VmRSS:", in: Self.text("/proc/\(process)/status")) << 10
        // The name, in parentheses, may hold spaces; utime and stime are the 12th and 13th after it (proc(5)).
        let fields = Self.text("/proc/\(process)/stat").split(separator: ")").last?.split(separator: " ") ?? []
        let ticks = fields.count > 12 ? (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0) : 0
        cpuSeconds = Double(ticks) / Double(sysconf(CInt(_SC_CLK_TCK)))
        openFiles = Self.entries("/proc/\(process)/fd")
    }

    /// Bytes that all TCP sockets of this machine hold in the kernel, both ends of those on loopback.
    static var socketBytes: Int64 {
        let line = text("/proc/net/sockstat").split(separator: "\n").first { $0.hasPrefix("TCP:") }
        let words = line?.split(separator: " ") ?? []
        guard let at = words.firstIndex(of: "mem"), at + 1 < words.count else { return 0 }
        return (Int64(words[at + 1]) ?? 0) * Int64(sysconf(CInt(_SC_PAGESIZE)))
    }

    private static func number(_ key: String, in text: String) -> Int64 {
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) }
        return line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int64($0) } ?? 0
    }

    private static func entries(_ path: String) -> Int {
        guard let folder = opendir(path) else { return 0 }
        defer { closedir(folder) }
        var count = -2
        while readdir(folder) != nil { count += 1 }
        return count
    }

    /// Files of /proc have no size: read to the end.
    private static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(file, &buffer, buffer.count), count > 0 { bytes += buffer[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}
