import FoundationEssentials
import Glibc

/// How much memory there is for this process.
enum MachineMemory {
    /// Of the machine, or of the control group that the process is in if that is less.
    static let bytes: Int = {
        let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        let group = (try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8)).flatMap {
            Int($0.filter(\.isNumber))
        }
        return min(machine, group ?? .max)
    }()
}
