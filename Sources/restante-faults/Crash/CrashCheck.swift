import RestanteCore
import RestanteStore

/// What is in a file after a kill, against what was told before it.
struct CrashCheck {
    /// What was told when the file was prepared, and what the killed child was told.
    let earlier: CrashFacts
    let killed: CrashFacts
    private(set) var broken: [String] = []

    init(earlier: CrashFacts, killed: CrashFacts) {
        (self.earlier, self.killed) = (earlier, killed)
    }

    mutating func run(on database: String) async throws {
        let script = CrashScript(try StoreCaller(path: database, options: StoreOptions()), tell: { _ in })
        try await script.connect()
        let sent = earlier.sent + killed.sent
        for (device, open) in script.open.enumerated() { checkOwed(device, open.map(\.id), sent.map(\.id)) }
        try await script.send(sent)
        for (device, open) in script.open.enumerated() { checkAfterResend(device, open.map(\.id), sent.map(\.id)) }
        for id in sent.map(\.id) { checkAnswer(id, script.answers[id]) }
        await script.caller.store.shutdown()
        let stopped = try ReadOnlyDatabase(database)
        broken += try stopped.faults()
        let rows = try stopped.count("SELECT count(*) FROM accepted")
        if rows != sent.count { broken.append("\(sent.count) messages were sent, and \(rows) are known") }
        let twice = try stopped.count(
            "SELECT count(*) FROM (SELECT 1 FROM messages GROUP BY message_id, sender_id HAVING count(*) > 1)")
        if twice > 0 { broken.append("\(twice) messages are stored twice") }
    }

    private func requested(_ device: Int) -> Set<MessageID> {
        let name = CrashScript.bobs[device].device.rawValue
        return (earlier.requested[name] ?? []).union(killed.requested[name] ?? [])
    }

    /// P1, P3, P5.
    private mutating func checkOwed(_ device: Int, _ open: [MessageID], _ sent: [MessageID]) {
        let name = CrashScript.bobs[device].device.rawValue
        let came = Set(open)
        for id in earlier.accepted.union(killed.accepted) where !came.contains(id) && !requested(device).contains(id) {
            broken.append("P1: \(id) was accepted, and \(name) is not owed it")
        }
        for facts in [earlier, killed] {
            for id in facts.acknowledged[name] ?? [] where came.contains(id) {
                broken.append("P3: \(id) was acknowledged for good by \(name), and came back")
            }
        }
        let inOrder = sent.filter(came.contains)
        if open != inOrder { broken.append("P5: \(name) is owed \(open.count) in another order, or twice") }
    }

    /// P4: after the resend everyone has everything once.
    private mutating func checkAfterResend(_ device: Int, _ open: [MessageID], _ sent: [MessageID]) {
        let came = Set(open)
        if came.count != open.count { broken.append("P4: a resend came twice to device \(device)") }
        for id in sent where !came.contains(id) && !requested(device).contains(id) {
            broken.append("P4: \(id) was sent again, and did not come to device \(device)")
        }
    }

    private mutating func checkAnswer(_ id: MessageID, _ answer: SendOutcome?) {
        guard case .accepted(_, let duplicate) = answer else {
            return broken.append("\(id) was sent again and answered \(String(describing: answer))")
        }
        if !duplicate, earlier.accepted.contains(id) || killed.accepted.contains(id) {
            broken.append("P4: \(id) was accepted, and its resend is new")
        }
    }
}
