import RestanteCore

/// Which mailbox each message belongs to, and what came of it. Bound to one event loop.
///
/// The numbers of one sender ascend in each mailbox: what comes twice or out of order is told from the last number alone, what
/// is lost from counts.
struct MailLedger {
    let recipients: Int
    /// Every message belongs to every mailbox: they are members of the groups that are sent to.
    let isShared: Bool
    private let senders: Int
    /// Of each sender in each mailbox: the number that may come next at the earliest.
    private var next: [UInt32]
    /// Not counting what is owed to all.
    private var owed: [Int32]
    private(set) var accepted = 0
    private(set) var delivered = 0
    /// Came twice, or out of order.
    private(set) var disordered = 0
    /// Came to somebody whom it was not sent to.
    private(set) var astray = 0

    init(senders: Int, recipients: Int, isShared: Bool = false) {
        (self.senders, self.recipients, self.isShared) = (senders, recipients, isShared)
        next = Array(repeating: 0, count: senders * recipients)
        owed = Array(repeating: 0, count: recipients)
    }

    /// Whom a sender's message of this number goes to: spread evenly, and without a pattern.
    func recipient(sender: Int, number: Int) -> Int {
        var mixed = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 &+ UInt64(sender) &* 0xD1B5_4A32_D192_ED03
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed ^= mixed >> 31
        return Int(mixed.multipliedFullWidth(by: UInt64(recipients)).high)
    }

    mutating func accept(sender: Int, number: Int) {
        accepted += 1
        if !isShared { owed[recipient(sender: sender, number: number)] += 1 }
    }

    /// Messages that are none of ours are passed over.
    mutating func deliver(_ id: MessageID, to mailbox: Int) {
        guard let (sender, number) = LoadIDs.origin(of: id) else { return }
        guard sender < senders, isShared || recipient(sender: sender, number: number) == mailbox else {
            astray += 1
            return
        }
        let place = mailbox * senders + sender
        if number < next[place] { disordered += 1 }
        next[place] = UInt32(number) + 1
        owed[mailbox] -= 1
        delivered += 1
    }

    /// Deliveries that everything which was accepted comes to.
    var due: Int { isShared ? accepted * recipients : accepted }

    /// Of these, such as have not come by now.
    var owing: Int {
        let all = isShared ? accepted : 0
        return owed.reduce(0) { $0 + max(Int($1) + all, 0) }
    }

    /// For a report.
    struct Counts: Sendable, Encodable, CustomStringConvertible {
        var accepted, due, delivered, owing, disordered, astray: Int

        var description: String {
            "\(accepted); delivered \(delivered) of \(due), owing \(owing), twice or out of order \(disordered), astray \(astray)"
        }

        /// - Parameters:
        ///   - sent: how many should have been accepted.
        ///   - delivered: whether everything should have come.
        func check(sent: Int, delivered: Bool) throws {
            guard accepted == sent else { throw BenchError("\(accepted) of \(sent) messages were accepted") }
            guard disordered + astray == 0 else {
                throw BenchError("\(disordered) messages came twice or out of order, \(astray) went astray")
            }
            guard !delivered || (owing == 0 && self.delivered == due) else {
                throw BenchError("\(owing) messages were accepted and did not come; \(self.delivered) of \(due) came")
            }
        }
    }

    var counts: Counts {
        Counts(
            accepted: accepted, due: due, delivered: delivered, owing: owing, disordered: disordered, astray: astray)
    }
}
