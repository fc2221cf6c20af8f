public import CoreMetrics
import Glibc
import Synchronization

/// What the kernel says of this process, under the names that Prometheus' own clients use.
public final class ProcessMetrics: Sendable {
    private let cpu: FloatingPointCounter
    private let resident: Meter
    private let virtual: Meter
    private let descriptors: Meter
    private let mostDescriptors: Meter
    private let counted = Mutex(0.0)

    /// - Parameter version: of the program, for `restante_build_info`.
    public init(version: String, _ factory: any MetricsFactory) {
        cpu = FloatingPointCounter(label: Metric.processCPU.name, factory: factory)
        resident = Meter(.processResident, factory)
        virtual = Meter(.processVirtual, factory)
        descriptors = Meter(.processDescriptors, factory)
        mostDescriptors = Meter(.processMostDescriptors, factory)
        Meter(.processStart, factory).set(Double(time(nil)))
        Meter(.buildInfo, factory, ["version": version]).set(1)
    }

    /// Asks the kernel: for ``PrometheusFactory/beforeEachText(_:)``.
    public func measure() {
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
            let more = counted.withLock { counted in
                defer { counted = max(counted, seconds) }
                return max(0, seconds - counted)
            }
            cpu.increment(by: more)
        }
        if let (virtual, resident) = Self.pages() {
            let size = Int64(sysconf(Int32(_SC_PAGESIZE)))
            self.virtual.set(virtual * size)
            self.resident.set(resident * size)
        }
        if let open = Self.openDescriptors() { descriptors.set(open) }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            mostDescriptors.set(Double(limit.rlim_cur))
        }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// proc(5), `/proc/self/statm`: size and resident, in pages.
    private static func pages() -> (virtual: Int64, resident: Int64)? {
        guard let file = fopen("/proc/self/statm", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, Int32(line.count), file) != nil else { return nil }
        let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        let fields = text.split(separator: " ").prefix(2).compactMap { Int64($0) }
        return fields.count == 2 ? (fields[0], fields[1]) : nil
    }

    private static func openDescriptors() -> Int64? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count: Int64 = 0
        while readdir(folder) != nil { count += 1 }
        // `.`, `..`, and the one that the looking takes.
        return max(0, count - 3)
    }
}
