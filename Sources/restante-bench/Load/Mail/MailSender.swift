import NIOCore
import RestanteCore
import RestanteWire

/// Sends to the recipients of a ``MailWorld`` with so many on their way. Bound to one event loop.
final class MailSender: LoadDevice {
    private let book: MailBook
    private let template: SendTemplate
    /// Messages that may be on their way.
    var window: Int
    /// Of each message; ``LoadClock``.
    private var sentAt: [UInt32] = []
    private var answered = 0
    /// How many it sends in all.
    private var goal = 0
    /// Called when what was asked for is done.
    private var done: (() -> Void)?

    init(
        _ number: Int, token: String, _ template: SendTemplate, window: Int, _ book: MailBook,
        _ connector: LoadConnector
    ) {
        (self.book, self.template, self.window) = (book, template, window)
        super.init(number, token: token, connector: connector)
    }

    func connect(done: @escaping () -> Void) {
        self.done = done
        connect()
    }

    /// Makes the group that its messages go to.
    func createGroup(_ name: String, of members: [String], done: @escaping () -> Void) {
        self.done = done
        var frame = WireClientFrame()
        frame.requestID = 1
        frame.createGroup.group = name
        frame.createGroup.members = members
        connection?.write(OutgoingFrame.message(frame))
        connection?.flush()
    }

    /// Sends so many more.
    func send(_ count: Int) {
        goal += count
        sentAt.reserveCapacity(goal)
        sendMore()
        connection?.flush()
    }

    override func drained() { finish() }
    override func replied(_ request: UInt64) { finish() }
    override func failed(_ request: UInt64, code: UInt64) { book.fail("a group was refused with code \(code)") }

    override func accepted(_ id: MessageID) {
        guard let (_, number) = LoadIDs.origin(of: id), number < sentAt.count else {
            return book.fail("sender \(number) was answered for a message that it did not send")
        }
        answered += 1
        book.accepted(sender: self.number, number: number, after: LoadClock.since(sentAt[number]))
    }

    override func readComplete(on connection: LoadConnection) {
        super.readComplete(on: connection)
        sendMore()
    }

    override func rejected(_ id: MessageID, code: UInt64) { book.fail("a message was refused with code \(code)") }
    override func disconnected(_ end: ConnectionEnd) { book.fail("the connection of sender \(number) ended: \(end)") }

    private func finish() {
        let done = done
        self.done = nil
        done?()
    }

    /// Everything that the window has room for, as one write.
    private func sendMore() {
        let count = min(goal - sentAt.count, window - (sentAt.count - answered))
        guard count > 0, let connection else { return }
        var frames = ByteBufferAllocator().buffer(capacity: count * template.length)
        let now = LoadClock.now
        for next in sentAt.count..<sentAt.count + count {
            let recipient = book.ledger.recipient(sender: number, number: next)
            template.write(book.ids.next(sender: number, number: next), to: recipient, into: &frames)
            sentAt.append(now)
        }
        connection.write(frames)
    }
}
