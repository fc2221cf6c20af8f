import RestanteClient
import RestanteCore
import Synchronization

/// The book that all devices write in.
final class LedgerBook: Sendable {
    private let state = Mutex(LedgerState())

    func with<Result: Sendable>(_ body: (inout LedgerState) -> Result) -> Result { state.withLock { body(&$0) } }
}

struct LedgerCounts: Sendable {
    var sends = 0
    var accepted = 0
    var duplicates = 0
    var rejected = 0
    var cancelled = 0
    var delivered = 0
    var again = 0
    var gaps = 0
    var receipts = 0
    var undelivered = 0
    var displaced = 0
}

/// What everyone was told, in the order in which it was written down.
struct LedgerState: Sendable {
    private static let mostBroken = 40

    private(set) var messages: [LedgerMessage] = []
    private(set) var numbers: [MessageID: Int] = [:]
    var readers: [LedgerReader] = []
    var sessions: [Int: LedgerSession] = [:]
    private(set) var broken: [String] = []
    private var tick = 0
    private var nextSession = 0
    var counts = LedgerCounts()
    var epoch: String?

    mutating func breaks(_ what: String) {
        if broken.count < Self.mostBroken { broken.append(what) }
    }

    mutating func moment() -> Int {
        tick += 1
        return tick
    }

    // MARK: Devices and sessions

    mutating func adds(_ address: DeviceAddress, isPermanent: Bool) -> Int {
        readers.append(LedgerReader(address, isPermanent: isPermanent))
        return readers.count - 1
    }

    /// A device makes a new client.
    mutating func begins(_ reader: Int) -> Int {
        nextSession += 1
        sessions[nextSession] = LedgerSession(reader: reader, begunAt: moment())
        return nextSession
    }

    mutating func ends(_ session: Int) {
        closes(session)
        sessions[session] = nil
    }

    /// What was open on a connection may come again; of a gap it is not known.
    mutating func closes(_ session: Int) {
        guard let entry = sessions[session] else { return }
        for case (_, .gap(let gap, let count)) in entry.open {
            readers[entry.reader].unsureGaps[gap, default: 0] += count
        }
        readers[entry.reader].came(inOrder: entry.order)
        sessions[session]?.reset()
    }

    // MARK: Sending

    /// A message that is about to be sent for the first time.
    mutating func submits(_ message: LedgerMessage) -> Int {
        var message = message
        message.submittedAt = moment()
        let number = add(message)
        if let author = message.author { readers[author].unanswered.insert(number) }
        counts.sends += 1
        return number
    }

    /// A message that the server made is in the book once somebody has got it.
    mutating func add(_ message: LedgerMessage) -> Int {
        messages.append(message)
        numbers[message.id] = messages.count - 1
        return messages.count - 1
    }

    mutating func accepted(_ number: Int, at time: Int64, duplicate: Bool) {
        let tick = moment()
        counts.duplicates += duplicate ? 1 : 0
        if let first = messages[number].acceptedAt {
            if first != time || !duplicate {
                breaks("P4: \(name(number)) was accepted at \(first), and again at \(time), duplicate: \(duplicate)")
            }
            return
        }
        counts.accepted += 1
        messages[number].acceptedAt = time
        messages[number].acceptedTick = tick
        if let author = messages[number].author {
            readers[author].unanswered.remove(number)
            readers[author].accepted.append(number)
        }
    }

    /// Refusals that say that the client is wrong, which it is not.
    private static let unfounded: [ErrorCode] = [
        .badRequest, .unknownRequest, .tooLarge, .badTTL, .badName, .badID, .idTooOld, .idConflict,
    ]

    mutating func refused(_ number: Int, _ code: ErrorCode) {
        if messages[number].acceptedAt != nil {
            return breaks("P4: \(name(number)) was accepted, and its resend was refused: \(code.name)")
        }
        if Self.unfounded.contains(code) { breaks("\(name(number)) was refused for no reason: \(code.name)") }
        counts.rejected += 1
        messages[number].refused = code
        if let author = messages[number].author { readers[author].unanswered.remove(number) }
    }

    mutating func cancelled(_ number: Int) {
        messages[number].cancelledTick = moment()
        counts.cancelled += 1
    }

    func name(_ number: Int) -> String {
        let message = messages[number]
        let author = message.author.map { readers[$0].address.description } ?? "the server"
        return "message \(number) (\(message.id) of \(author))"
    }
}
