import Foundation
import NIOCore

/// Mail for recipients that are away: it is taken in, called for, and forgotten.
struct MailRun {
    /// What one user may send, how fast clients may come, and how much may wait, are not what is measured.
    static let flags = [
        "--pace-accepts-per-second", "100000", "--limits-mailbox-messages", "1000000000",
        "--limits-mailbox-bytes", "1000000000000",
    ]
    /// Recipients that register at a time.
    static let registering = 200

    private let generator: LoadGenerator
    private let setup: MailSetup
    private var server: LoadedServer { generator.server }

    /// Starts a server for it, and prints what came of it.
    ///
    /// - Parameter end: a server that runs elsewhere cannot be asked whether it has swept.
    static func measure(
        _ scenario: String, _ setup: MailSetup, until end: MailEnd, _ options: ServerOptions
    ) async throws {
        try OpenFiles.allow(1000 + setup.senders)
        let end = options.url == nil ? end : min(end, .drained)
        let report = try await LoadedServer.with(options, flags: flags, isCounted: true) { server in
            try await LoadGenerator.with(server) { generator in
                try await MailRun(generator: generator, setup: setup).measure(scenario, until: end)
            }
        }
        try report.printed()
        try report.check()
    }

    private func measure(_ scenario: String, until end: MailEnd) async throws -> MailReport {
        let world = try await generator.mail(setup)
        var report = MailReport(scenario: scenario, surroundings: server.surroundings, setup: setup)
        report.registering = try await measured(setup.recipients) {
            try await visit("registered", world, atOnce: Self.registering)
        }
        try await generator.phase("senders", of: setup.senders) { world.value.connectSenders($0) }
        report.enqueue = try await measured(setup.messages) {
            try await generator.phase("accepted", of: setup.messages) { [setup] in
                world.value.send(setup.messages, $0)
            }
        }
        report.accepted = try await generator.onLoop { world.value.book.takeAnswers() }
        if end >= .drained {
            report.drain = try await measured(setup.messages) {
                try await visit("drained", world, atOnce: setup.atOnce)
            }
        }
        if end == .swept {
            report.sweep = try await measured(setup.messages) { try await generator.untilSwept() }
            let seconds = [report.enqueue, report.drain, report.sweep].reduce(0) { $0 + ($1?.seconds ?? 0) }
            report.livesPerSecond = Double(setup.messages) / seconds
        }
        report.ledger = try await generator.onLoop { world.value.book.ledger.counts }
        return report
    }

    private func visit(_ name: String, _ world: NIOLoopBound<MailWorld>, atOnce: Int) async throws {
        try await generator.phase(name, of: setup.recipients) { world.value.visit(atOnce: atOnce, $0) }
    }

    private func measured(_ messages: Int, _ body: () async throws -> Void) async throws -> Effort {
        try await generator.measured(messages, body)
    }
}

extension LoadGenerator {
    /// Senders and recipients, none of which has connected.
    func mail(_ setup: MailSetup, groups: Bool = false) async throws -> NIOLoopBound<MailWorld> {
        let target = try server.target(connections: setup.recipients)
        let senders = try tokens(MailBook.senderUsers, setup.senders)
        let recipients = try tokens(MailBook.recipientUsers, setup.recipients)
        return try await onLoop { [loop] in
            let connector = LoadConnector(target, on: loop)
            return NIOLoopBound(
                MailWorld(setup, groups: groups, senders: senders, recipients: recipients, connector),
                eventLoop: loop)
        }
    }

    /// Waits until the server has forgotten everything that was acknowledged.
    ///
    /// The server tells nobody: it is asked again, with pauses so long that counting costs it a twentieth of its time. One
    /// that runs elsewhere is not asked.
    ///
    /// - Parameter patience: seconds without progress after which that is an error.
    func untilSwept(patience: Int = 60) async throws {
        guard server.operatorsSocket != nil else { return }
        var (last, changedAt, toldAt) = (Int.max, ContinuousClock.now, ContinuousClock.now)
        while true {
            let asked = ContinuousClock.now
            let left = try await server.overview(on: loop).messages
            let now = ContinuousClock.now
            if left == 0 { return }
            if left < last { (last, changedAt) = (left, now) }
            guard now - changedAt < .seconds(patience) else {
                throw BenchError("\(left) messages were acknowledged by all and are still there after \(patience) s")
            }
            if now - toldAt > .seconds(1) {
                LoadProgress.say("\(left) messages are not swept")
                toldAt = now
            }
            try await Task.sleep(for: max(.milliseconds(50), (now - asked) * 20))
        }
    }
}
