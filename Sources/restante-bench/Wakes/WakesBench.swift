import ArgumentParser
import Foundation

/// What waking devices costs the store: docs/PERFORMANCE.md has the figures.
struct WakesBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wakes",
        abstract: "Measure what the wake-ups of a group's members cost the store, and its messages.",
        discussion: """
            One group, all of whose members are away and can be woken; no provider, no sockets. Microseconds of this \
            machine in this run: compare `asleep` with `no targets`.

              restante-bench wakes --directory /tmp/bench --devices 10000
            """)

    @Option(help: "Where the database is made.")
    var directory: String
    @Option(help: "Members of the group, each with one device.")
    var devices = 10_000
    @Option(help: "Messages to the group, of which a commit holds 128.")
    var messages = 20_000

    func run() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let path = directory + "/wakes-bench.db"
        for suffix in ["", "-wal", "-shm", ".lock"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        let run = try WakesRun(path, devices: devices)
        var result = WakesResult(devices: devices, messages: messages)
        // Once for the caches.
        _ = try run.send(messages / 10)
        result.messageWithoutTargets = try run.send(messages)
        try run.registerTargets()
        result.messageAndLookUp = try run.sendOne()
        result.deviceAsked = result.messageAndLookUp / Double(devices)
        result.deviceMarked = try run.answer()
        result.messageAsleep = try run.send(messages)
        result.ratio = (result.messageAsleep / result.messageWithoutTargets).rounded(toPlaces: 3)
        result.deviceSearched = try run.restart()
        print(try result.jsonLine)
        print(result.table)
    }
}

/// Microseconds each.
private struct WakesResult: Encodable {
    let devices: Int
    let messages: Int
    /// Nobody can be woken.
    var messageWithoutTargets = 0.0
    /// The message that has all of them woken, with finding out who they are.
    var messageAndLookUp = 0.0
    var deviceAsked = 0.0
    /// A provider has taken it: the mark is written.
    var deviceMarked = 0.0
    /// All were woken moments ago.
    var messageAsleep = 0.0
    var ratio = 0.0
    /// After a start.
    var deviceSearched = 0.0

    init(devices: Int, messages: Int) { (self.devices, self.messages) = (devices, messages) }

    var table: String {
        [
            ("message, no targets", messageWithoutTargets), ("device, looked up and asked for", deviceAsked),
            ("device, its mark written", deviceMarked), ("message, all asleep and woken", messageAsleep),
            ("device, looked at after a start", deviceSearched),
        ].map { String(format: "%9.3f us  ", $0.1) + $0.0 }.joined(separator: "\n")
    }
}
