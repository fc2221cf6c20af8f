/// How long a slice may work before its commit, so that both together stay well below what a commit may be held back for
/// (10 ms): pages that lie far apart make the commit, not the work, the longer half.
struct Pace {
    /// Nanoseconds that a slice takes with its commit, about.
    private static let target: UInt64 = 4_000_000
    private static let most: UInt64 = 3_000_000
    private static let least: UInt64 = 250_000

    private var work = Pace.most / 2

    /// Runs one slice, which is told when to stop working.
    mutating func slice<Result>(_ body: (_ deadline: UInt64) throws -> Result) rethrows -> Result {
        let began = monotonicNanoseconds()
        let result = try body(began + work)
        let took = monotonicNanoseconds() - began
        // Down at once by what it was too long, up again by and by.
        work = took > Self.target ? max(Self.least, work * Self.target / took) : min(Self.most, work + work / 8)
        return result
    }
}
