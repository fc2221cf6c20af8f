import NIOCore

/// One run of ``GroupsBench``.
struct GroupsRun {
    /// To make a group looks up every member.
    static let flags = MailRun.flags + ["--pace-look-ups-per-minute", "0"]

    private let generator: LoadGenerator
    private let setup: GroupsSetup

    init(_ generator: LoadGenerator, _ setup: GroupsSetup) {
        (self.generator, self.setup) = (generator, setup)
    }

    func measure() async throws -> GroupsReport {
        let world = try await generator.mail(setup.mail, groups: true)
        try await prepare(world)

        let deliveries = setup.messages * setup.size
        let offline = try await generator.measured(setup.messages) { try await send(world, delivered: false) }
        let offlineAccepted = try await takeAnswers(world)
        let drain = try await generator.measured(deliveries) { try await visit(world) }
        let bursts = try await bursts(world)
        try await visit(world)

        try await visit(world, goes: false)
        let lastReceipt = try await rounds(world)
        _ = try await takeAnswers(world)
        let online = try await generator.measured(deliveries) { try await send(world, delivered: true) }
        let onlineAccepted = try await takeAnswers(world)
        try await generator.untilSwept()
        return GroupsReport(
            surroundings: generator.server.surroundings, setup: setup, offline: offline,
            offlineAccepted: offlineAccepted, drain: drain, bursts: bursts,
            lastReceipt: lastReceipt, online: online, onlineAccepted: onlineAccepted,
            ledger: try await generator.onLoop { world.value.book.ledger.counts })
    }

    private func takeAnswers(_ world: NIOLoopBound<MailWorld>) async throws -> Latencies.Summary {
        try await generator.onLoop { world.value.book.takeAnswers() }
    }

    /// When it is done, nothing waits for anybody: the messages that tell members of their groups have been drained, too.
    private func prepare(_ world: NIOLoopBound<MailWorld>) async throws {
        try await visit(world)
        try await generator.phase("senders", of: setup.groups) { world.value.connectSenders($0) }
        try await generator.phase("groups", of: setup.groups) { world.value.createGroups($0) }
        try await visit(world)
    }

    private func visit(_ world: NIOLoopBound<MailWorld>, goes: Bool = true) async throws {
        try await generator.phase(goes ? "drained" : "there", of: setup.size) { [setup] in
            world.value.visit(atOnce: setup.mail.atOnce, goes: goes, $0)
        }
    }

    private func send(_ world: NIOLoopBound<MailWorld>, delivered: Bool) async throws {
        let total = setup.messages * (delivered ? setup.size : 1)
        try await generator.phase(delivered ? "delivered" : "accepted", of: total) { [setup] in
            world.value.send(setup.messages, delivered: delivered, $0)
        }
    }

    /// How long it takes until a burst of one sender has been accepted.
    private func bursts(_ world: NIOLoopBound<MailWorld>) async throws -> Latencies.Summary {
        try await generator.onLoop { [setup] in world.value.firstWindow = setup.burst }
        var times = Latencies()
        for _ in 0..<setup.rounds {
            let began = NIODeadline.now()
            try await generator.phase("burst", of: setup.burst) { [setup] in
                world.value.send(setup.burst, from: 1, $0)
            }
            times.add(.now() - began)
        }
        try await generator.onLoop { [setup] in world.value.firstWindow = setup.window }
        _ = try await takeAnswers(world)
        return times.summary
    }

    /// Times from a send to its receipt at the last member.
    private func rounds(_ world: NIOLoopBound<MailWorld>) async throws -> Latencies.Summary {
        let times = NIOLoopBoundBox.makeBoxSendingValue(Latencies(), eventLoop: generator.loop)
        try await generator.phase("one at a time", of: setup.rounds) { [setup] in
            world.value.rounds(setup.rounds, tell: { times.value.add($0) }, $0)
        }
        return try await generator.onLoop { times.value.summary }
    }
}
