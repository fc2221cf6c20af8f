import ArgumentParser
import FaultKit
import Foundation
import RestanteCore
import RestanteStore
import Synchronization

/// Sends, reads, acknowledges and forgets at random, and backs up in the middle of it; says each thing on standard output.
struct BackupChild: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "backup-child", shouldDisplay: false)

    @Option var folder: String
    @Option var copy: String
    @Option var seed: UInt64
    @Option var tag: UInt64
    @Option var first: Int

    func run() async throws {
        let store = try SQLiteStore.open(path: folder + "/mail.db")
        let life = BackupLife(store, numbers: SeededNumbers(seed: seed), tag: tag, next: first)
        try await life.begin(isNew: first == 1)
        try await life.live(steps: 40)
        say("begins")
        let ending = BackupEnding()
        let backup = Task { [copy] in
            defer { ending.isOver.store(true, ordering: .releasing) }
            _ = try await store.backup(to: copy)
            say("ended")
        }
        while !ending.isOver.load(ordering: .acquiring) { try await life.live(steps: 1) }
        try await backup.value
        try await life.live(steps: 20)
        await store.shutdown()
    }
}

private final class BackupEnding: Sendable {
    let isOver = Atomic(false)
}

/// One line in one write, so that a kill leaves whole lines, and in the order in which things happened.
func say(_ line: String) { FileHandle.standardOutput.write(Data((line + "\n").utf8)) }
