import ArgumentParser
import Foundation

/// One flipped bit at a time, a cut, a WAL of someone else: is it refused, told as a gap, or harmless?
struct Damage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Damage a database or its WAL, open it, drain every device, and compare with what is owed.",
        discussion: """
            A store with users, groups and a backlog is made once, and copied in two states: after a clean stop, and as a kill \
            leaves it, with a WAL of many commits. Each case flips one bit of a copy (or cuts it, or gives it another's WAL), \
            opens it, drains all devices and compares. A message must come byte for byte to whom it is owed, or be told as a \
            gap, or the file (or the one device) be refused with what to do. Cases run in a child process: a trap or a hang \
            of it is a failure of its case.
            """)

    @Option(help: "Cases.")
    var flips = 5000
    @Option(help: "Where everything random comes from.")
    var seed = UInt64.random(in: 0..<1 << 32)
    @Option(help: "The first case: with --flips 1 that case alone.")
    var from = 0
    @Option(
        help: "Where the copies are made; memory is fastest. (default: /dev/shm, or the folder for temporary files)")
    var directory: String?
    @Option(help: "Files that an earlier run kept because something was broken.")
    var fixture: String?
    @Option(help: "Flip bits in the pages of this table or index alone, owed for instance.")
    var table: String?
    @Flag(help: "As CI runs it: 600 cases.")
    var short = false
    @Flag(help: "A line for every case.")
    var verbose = false
    @Option(help: .hidden)
    var child: String?

    func run() async throws {
        if let child {
            try await DamageChild(fixture: DamageFixture(folder: child), seed: seed, table: table).run(
                from..<from + flips)
            return
        }
        let cases = from..<from + (short ? 600 : flips)
        print("seed \(seed)")
        if let fixture { return try run(cases, in: fixture) }
        let base =
            directory ?? (FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory())
        let folder = base + "/restante-damage-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try await DamageFixture.make(in: folder, seed: seed)
        // What was broken is kept, for the ids and salts in it are new each time.
        try run(cases, in: folder)
        try FileManager.default.removeItem(atPath: folder)
    }

    private func run(_ cases: Range<Int>, in folder: String) throws {
        var campaign = DamageCampaign(folder: folder, seed: seed, table: table, isVerbose: verbose)
        try campaign.run(cases)
        try campaign.summary(cases.count)
    }
}
