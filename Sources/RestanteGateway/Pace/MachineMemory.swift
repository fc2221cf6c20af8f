import Glibc

/// How much memory there is for this process.
enum MachineMemory {
    /// Of the machine, or of the control groups that the process is in if one of them has less.
    static let bytes: Int = {
        let machine = sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE))
        return min(machine, ControlGroups.ofThisProcess.memoryLimit ?? .max)
    }()
}
