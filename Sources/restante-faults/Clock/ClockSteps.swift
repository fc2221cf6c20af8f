import ArgumentParser
import Foundation

/// Steps the wall clock under a store, which must forget nothing before its time.
struct ClockSteps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clock",
        abstract: "Step the wall clock by hours and years, and see that nothing is forgotten before its time.",
        discussion: """
            A store in this process, on a clock of its own: messages, resends, steps of the wall clock in both directions, \
            restarts of the process and of the machine, confirmations. By the time that has really passed, no message \
            expires early, no device is unlinked, no id that could be sent again is unknown; times do not go back unless \
            the clock was set; and when the clock is right again, everything ends in time.
            """)

    @Option(help: "The first of the seeds. (default: a random one)")
    var seed: UInt64?
    @Option(help: "Lives, each from the next seed.")
    var rounds = 200
    @Flag(help: "As CI runs it: 7 lives.")
    var short = false

    func run() async throws {
        let first = seed ?? UInt64.random(in: 0..<1 << 32)
        print("clock: seed \(first)")
        fflush(nil)
        var counts = ClockCounts()
        for seed in first..<first + UInt64(short ? 7 : rounds) {
            let folder = NSTemporaryDirectory() + "/restante-clock-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: folder) }
            do {
                let life = try ClockLife(path: folder + "/test.db", seed: seed)
                counts += try await life.run()
            } catch let broken as BrokenPromise {
                throw BrokenPromise("\(broken)\nagain: Scripts/faults clock --seed \(seed) --rounds 1")
            }
        }
        print("clock: \(counts); nothing was forgotten early")
    }
}

/// What happened, for the last line.
struct ClockCounts: CustomStringConvertible {
    var lives = 0
    var messages = 0
    var resends = 0
    var steps = 0
    var restarts = 0
    var confirmations = 0
    var agreements = 0

    static func += (left: inout ClockCounts, right: ClockCounts) {
        left.lives += right.lives
        left.messages += right.messages
        left.resends += right.resends
        left.steps += right.steps
        left.restarts += right.restarts
        left.confirmations += right.confirmations
        left.agreements += right.agreements
    }

    var description: String {
        "\(lives) lives, \(messages) messages, \(resends) resends, \(steps) steps, \(restarts) restarts,"
            + " \(confirmations) confirmations, \(agreements) set by agreement"
    }
}
