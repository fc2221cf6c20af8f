import NIOCore
import RestanteCore

/// Takes what waits for it, and goes when nothing is owed to it any more, or stays. Bound to one event loop.
final class MailRecipient: LoadDevice {
    private let book: MailBook
    private var goes = true
    private var isLeaving = false

    init(_ number: Int, token: String, _ book: MailBook, _ connector: LoadConnector) {
        self.book = book
        super.init(number, token: token, connector: connector)
    }

    func connect(goes: Bool) {
        self.goes = goes
        connect()
    }

    func leave() {
        isLeaving = true
        connection?.cut()
    }

    override func delivered(_ id: MessageID, tag: UInt64) { book.delivered(id, to: number) }

    override func notified() { book.fail("recipient \(number) was told of a loss") }

    override func drained() {
        if goes { leave() } else { arrived() }
    }

    override func disconnected(_ end: ConnectionEnd) {
        switch end {
        case _ where isLeaving:
            isLeaving = false
            if goes { arrived() }
        case .refused, .unreachable: book.visits?.failed(number, end)
        case .closed, .lost: book.fail("the connection of recipient \(number) ended: \(end)")
        }
    }

    private func arrived() {
        book.visited += 1
        book.visits?.succeeded()
    }
}
