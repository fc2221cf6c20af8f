import ArgumentParser
import CCallCounts
import Foundation
import RestanteCore
import RestanteStore

/// The process that the guard measures: a store on this thread alone, with seeded traffic and a clock that stands still, so that
/// each run does the same, instruction by instruction.
struct GuardRun: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "guard-run", abstract: "What `guard` measures.", shouldDisplay: false)

    /// 2026-11-26.
    private static let time: Int64 = 1_795_651_200_000

    @Argument var scenario: GuardScenario
    @Argument var directory: String

    func run() throws {
        var options = StoreOptions()
        options.limits = scenario.store.limits
        options.clock = StoreClock(now: { Self.time })
        // Often enough that an emulated processor meets it.
        options.indexEvery = 3072
        // As many pages as the store's own thread lets gather.
        let store = try SteppedStore(
            path: "\(directory)/\(scenario.rawValue).db", options: options, checkpointPages: 2000)
        let traffic = StoreTraffic(scenario: scenario.store, startsAt: Self.time)
        try register(traffic, store)
        var random = SeededGenerator(state: 1)
        let batches = traffic.batches(using: &random).batches
        let counts = ProcessInfo.processInfo.environment[CALLCOUNTS_FILE].flatMap { CountsFile(path: $0) }
        guard let counts else { throw BenchError("nobody counts: `restante-bench guard` starts this") }
        var readings: [Calls] = []
        func phaseEnds() {
            readings.append(counts.calls)
            callcounts_phase_ends()
        }
        phaseEnds()
        for batch in batches { _ = try store.run(batch) }
        phaseEnds()
        let delivered = try drain(traffic, store)
        phaseEnds()
        try store.sweep()
        phaseEnds()
        store.close()
        print(try GuardOutput(delivered: delivered, calls: Phases(between: readings)).jsonLine)
    }

    private func register(_ traffic: StoreTraffic, _ store: SteppedStore) throws {
        _ = try store.run([traffic.claim(StoreTraffic.sender, "sender")])
        for start in stride(from: 0, to: traffic.scenario.devices, by: 500) {
            _ = try store.run(traffic.registration(of: start..<start + 500))
        }
        for group in 0..<traffic.scenario.groups { _ = try store.run([traffic.creation(of: group)]) }
        _ = try store.run([.read(StoreTraffic.sender)])
    }

    private func drain(_ traffic: StoreTraffic, _ store: SteppedStore) throws -> Int {
        var drain = StoreDrain(traffic, devices: Array(0..<traffic.scenario.devices))
        var events: [StoreEvent] = []
        while let commands = drain.next(after: events) { events = try store.run(commands) }
        return drain.delivered
    }

}

/// What a measured process says.
struct GuardOutput: Codable {
    let delivered: Int
    let calls: Phases<Calls>
}

extension GuardScenario: ExpressibleByArgument {}

/// SplitMix64 (Steele, Lea, Flood 2014).
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
