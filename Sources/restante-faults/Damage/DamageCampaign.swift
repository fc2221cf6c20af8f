import Foundation

/// Runs cases in child processes and adds up what they say.
struct DamageCampaign {
    let folder: String
    let seed: UInt64
    let table: String?
    let isVerbose: Bool
    private var counts: [DamageVerdict.Kind: Int] = [:]
    /// By what was damaged: what was neither told nor refused.
    private var bad: [String: Int] = [:]
    private var known: [String: Int] = [:]

    init(folder: String, seed: UInt64, table: String?, isVerbose: Bool) {
        self.folder = folder
        self.seed = seed
        self.table = table
        self.isVerbose = isVerbose
    }

    mutating func run(_ cases: Range<Int>) throws {
        var next = cases.lowerBound
        while next < cases.upperBound {
            let (last, status) = try runChild(next..<cases.upperBound)
            next = last + 1
            if status == 0 { break }
            // The case after the last one that was answered is the one that ended the child.
            note(DamageVerdict(kind: status == SIGALRM ? .hang : .trap, place: "signal \(status)", detail: ""), next)
            next += 1
        }
    }

    /// The last case that was answered, and the signal that ended the child.
    private mutating func runChild(_ cases: Range<Int>) throws -> (last: Int, status: Int32) {
        let process = Process()
        process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "damage", "--child", folder, "--seed", "\(seed)", "--from", "\(cases.lowerBound)", "--flips",
            "\(cases.count)",
        ]
        if let table { process.arguments? += ["--table", table] }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        var last = cases.lowerBound - 1
        var rest = Data()
        while case let data = pipe.fileHandleForReading.availableData, !data.isEmpty {
            rest += data
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                if let (number, verdict) = DamageVerdict.parse(String(decoding: rest[..<end], as: UTF8.self)) {
                    note(verdict, number)
                    last = number
                }
                rest = Data(rest[rest.index(after: end)...])
            }
        }
        process.waitUntilExit()
        return (last, process.terminationStatus)
    }

    private mutating func note(_ verdict: DamageVerdict, _ number: Int) {
        counts[verdict.kind, default: 0] += 1
        if verdict.kind.isBroken { bad["\(verdict.kind.rawValue) \(verdict.place)", default: 0] += 1 }
        if verdict.kind == .known { known[verdict.place, default: 0] += 1 }
        if isVerbose || verdict.kind.isBroken {
            print("case \(number): \(verdict.kind.rawValue) (\(verdict.place)) \(verdict.detail)")
        }
    }

    func summary(_ cases: Int) throws {
        for (place, count) in known.sorted(by: { $0.key < $1.key }) { print("cannot be told: \(count) × \(place)") }
        for (place, count) in bad.sorted(by: { $0.key < $1.key }) { print("BROKEN: \(count) × \(place)") }
        let parts = DamageVerdict.Kind.allCases.compactMap { kind in counts[kind].map { "\(kind.rawValue) \($0)" } }
        print("damage: \(cases) cases, seed \(seed): \(parts.joined(separator: ", "))")
        guard bad.isEmpty else {
            throw BrokenPromise(
                "damage was not told; one case again: restante-faults damage --fixture \(folder) --seed \(seed) --from N --flips 1\(table.map { " --table \($0)" } ?? "")"
            )
        }
    }
}
