import ArgumentParser
import FaultKit
import Foundation
import RestanteStore

/// Backs up a store under load, kills it in the middle, restores what came of it, and compares that with what was told.
struct BackupFault: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Back up a store under load, kill it meanwhile in some rounds, restore, and compare.",
        discussion: """
              Scripts/faults backup --rounds 200
              Scripts/faults backup --seed 7 --rounds 1
            """)

    @Option(help: "Backups to make. (default: 200; with --short: 12)")
    var rounds: Int?
    @Option(help: "The same again.")
    var seed: UInt64?
    @Flag(help: "The form that CI runs: some 30 seconds.")
    var short = false

    func run() async throws {
        let seed = seed ?? UInt64.random(in: 0 ... .max)
        let rounds = rounds ?? (short ? 12 : 200)
        print("seed \(seed), \(rounds) rounds")
        let folder = FileManager.default.temporaryDirectory.appending(path: "restante-backup-\(seed)").path
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var numbers = SeededNumbers(seed: seed)
        var ledger = BackupLedger(seed: seed)
        var counts = BackupCounts()
        for round in 1...max(rounds, 1) {
            do {
                try await self.round(round, in: folder, &numbers, &ledger, &counts)
            } catch {
                print("BROKEN in round \(round): \(error)")
                print("again: restante-faults backup --seed \(seed) --rounds \(round); files are in \(folder)")
                throw ExitCode.failure
            }
        }
        try? FileManager.default.removeItem(atPath: folder)
        print(
            "backup: \(rounds) rounds, \(counts.kills) killed; \(counts.made) backups restored and compared, "
                + "\(counts.interrupted) left none; \(ledger.accepted.count) messages accepted, "
                + "\(ledger.swept.count) forgotten; 0 broken")
        guard counts.made > 0 && counts.interrupted > 0 || rounds < 10 else {
            print("too few of a kind: the rounds say little")
            throw ExitCode.failure
        }
    }

    private func round(
        _ round: Int, in folder: String, _ numbers: inout SeededNumbers, _ ledger: inout BackupLedger,
        _ counts: inout BackupCounts
    ) async throws {
        let copy = "\(folder)/copy-\(round).db"
        // Lines that the child writes after it has begun to back up: some are over before the backup is.
        let kill = Bool.random(using: &numbers) ? Int.random(in: 0...500, using: &numbers) : nil
        ledger.beginRound()
        let status = try BackupProcess.run(
            [
                "backup-child", "--folder", folder, "--copy", copy, "--seed", "\(numbers.next())", "--tag",
                "\(ledger.seed)", "--first", "\(ledger.next)",
            ]
        ) { line in
            try ledger.take(line)
            return kill.map { ledger.linesSinceBegin > $0 } ?? false
        }
        if status != 0 {
            guard kill != nil, status == SIGKILL else { throw BackupBroken("the child ended with \(status)") }
            counts.kills += 1
        }
        let partials = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains(".partial-") }
        if status == 0, !partials.isEmpty { throw BackupBroken("left over without a kill: \(partials)") }
        for name in partials { try FileManager.default.removeItem(atPath: "\(folder)/\(name)") }
        if ledger.hasEnded, !FileManager.default.fileExists(atPath: copy) {
            throw BackupBroken("the backup is not there")
        }
        guard FileManager.default.fileExists(atPath: copy) else {
            counts.interrupted += 1
            return
        }
        counts.made += 1
        try await BackupComparison(folder: folder, copy: copy).run(ledger)
    }
}

struct BackupCounts {
    var kills = 0
    var made = 0
    var interrupted = 0
}

/// A promise that was not kept.
struct BackupBroken: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
