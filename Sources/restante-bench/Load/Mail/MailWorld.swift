import NIOCore

/// Senders and recipients. Bound to one event loop.
final class MailWorld {
    let book: MailBook
    private let loop: any EventLoop
    private let senders: [MailSender]
    private let recipients: [MailRecipient]

    /// Each sender sends to all recipients in turn; with `groups`, to a group of its own that all recipients are members of.
    init(_ setup: MailSetup, groups: Bool = false, senders: [String], recipients: [String], _ connector: LoadConnector)
    {
        let book = MailBook(
            MailLedger(senders: senders.count, recipients: recipients.count, isShared: groups))
        let direct = SendTemplate(to: MailBook.recipientUsers, payloadBytes: setup.payload)
        self.book = book
        loop = connector.loop
        self.senders = senders.enumerated().map { number, token in
            let template =
                groups ? SendTemplate(toGroup: Self.group(number), payloadBytes: setup.payload) : direct
            return MailSender(number, token: token, template, window: setup.window, book, connector)
        }
        self.recipients = recipients.enumerated().map { MailRecipient($0, token: $1, book, connector) }
    }

    private static func group(_ number: Int) -> String { "group\(number)" }

    /// All senders connect, and stay.
    func connectSenders(_ phase: LoadPhase) -> () -> Int {
        forEachSender(phase) { $0.connect(done: $1) }
    }

    /// Each sender makes its group.
    func createGroups(_ phase: LoadPhase) -> () -> Int {
        let members = recipients.map { MailBook.recipientUsers.name($0.number) }
        return forEachSender(phase) { $0.createGroup(Self.group($0.number), of: members, done: $1) }
    }

    /// Messages from the first so many senders, all if nil.
    ///
    /// - Parameter delivered: recipients are there: it is over when all have everything.
    func send(_ messages: Int, from count: Int? = nil, delivered: Bool = false, _ phase: LoadPhase) -> () -> Int {
        book.begin(phase)
        book.expect(messages, delivered: delivered)
        let before = (book.ledger.accepted, book.ledger.delivered)
        let count = count ?? senders.count
        for (index, sender) in senders.prefix(count).enumerated() {
            sender.send(messages * (index + 1) / count - messages * index / count)
        }
        return { [book] in delivered ? book.ledger.delivered - before.1 : book.ledger.accepted - before.0 }
    }

    /// All recipients come, so many at a time, take what there is, and go; or stay.
    func visit(atOnce: Int, goes: Bool = true, _ phase: LoadPhase) -> () -> Int {
        book.begin(phase)
        book.visited = 0
        book.visits = Ramp(
            recipients.count, atOnce: atOnce, on: loop, attempt: { [recipients] in recipients[$0].connect(goes: goes) },
            done: { [book] in
                book.visits = nil
                phase.succeed()
            })
        return { [book] in book.visited }
    }

    /// One message after the other to the first sender's group: the next when everybody has the last.
    ///
    /// - Parameter tell: how long it took from the send until the last member had it.
    func rounds(_ count: Int, tell: @escaping (TimeAmount) -> Void, _ phase: LoadPhase) -> () -> Int {
        book.begin(phase)
        book.expect(count, delivered: true)
        var (left, round, sentAt) = (0, 0, LoadClock.now)
        let next = { [recipients, senders] in
            (left, sentAt, round) = (recipients.count, LoadClock.now, round + 1)
            senders[0].send(1)
        }
        book.witness = { [book] in
            left -= 1
            guard left == 0 else { return }
            tell(LoadClock.since(sentAt))
            if round < count { next() } else { book.witness = nil }
        }
        next()
        return { round }
    }

    /// Messages that the first sender may have on their way.
    var firstWindow: Int {
        get { senders[0].window }
        set { senders[0].window = newValue }
    }

    private func forEachSender(
        _ phase: LoadPhase, _ body: (MailSender, _ done: @escaping () -> Void) -> Void
    ) -> () -> Int {
        book.begin(phase)
        var left = senders.count
        for sender in senders {
            body(sender) {
                left -= 1
                if left == 0 { phase.succeed() }
            }
        }
        return { [senders] in senders.count - left }
    }
}
