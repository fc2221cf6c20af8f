import RestanteClient
import RestanteCore
import Synchronization

/// Keeps book of what was accepted and of what came, and notes each promise that was broken.
final class Ledger: Sendable {
    /// One sender's messages to one conversation, numbered from 1 and sent one after the other.
    struct Lane: Hashable, Sendable {
        var name: String
        var sender: String
        var recipient: Recipient
        var readers: [String]
    }

    /// A message: its lane and its number there, which its payload carries.
    struct Entry: Hashable, Sendable, CustomStringConvertible {
        var lane: String
        var number: Int
        var description: String { "\(lane) \(number)" }

        init(_ lane: Lane, _ number: Int) { (self.lane, self.number) = (lane.name, number) }

        init?(_ payload: Payload) {
            let words = String(decoding: payload, as: UTF8.self).split(separator: " ")
            guard words.count == 2, let number = Int(words[1]) else { return nil }
            (lane, self.number) = (String(words[0]), number)
        }
    }

    private struct Books {
        var accepted: [Entry: MessageID] = [:]
        var duplicates = 0
        var readers: [String: ReaderBook] = [:]
        var broken: [String] = []
    }

    let lanes: [Lane]
    /// Answers and deliveries so far: what the killer waits for.
    let count = Watched(0)
    private let books = Mutex(Books())

    init(_ lanes: [Lane]) {
        self.lanes = lanes
    }

    func wasAccepted(_ entry: Entry, _ id: MessageID, duplicate: Bool) {
        books.withLock {
            $0.accepted[entry] = id
            $0.duplicates += duplicate ? 1 : 0
        }
        count.change { $0 += 1 }
    }

    /// A reader makes a new client, whose connections are numbered from 1 again.
    func begins(_ reader: String) {
        books.withLock { $0.readers[reader, default: ReaderBook()].begins() }
    }

    func saw(_ event: ClientEvent, by reader: String) {
        books.withLock { books in
            let broken = books.readers[reader, default: ReaderBook()].saw(event)
            books.broken += broken.map { "\(reader): \($0)" }
        }
        if case .delivery = event { count.change { $0 += 1 } }
    }

    func acknowledges(_ token: DeliveryToken, by reader: String) {
        books.withLock { $0.readers[reader, default: ReaderBook()].acknowledges(token) }
    }

    var broken: [String] { books.withLock { $0.broken } }
    var acceptedCount: Int { books.withLock { $0.accepted.count } }
    var duplicates: Int { books.withLock { $0.duplicates } }

    /// What was accepted and is neither acknowledged by its readers nor among `owed` (message ids by reader).
    func lost(owed: [String: Set<String>]) -> [String] {
        everyAccepted { entry, id, reader, book in
            book.requested.contains(entry) || owed[reader, default: []].contains(id) ? nil : "\(reader) lost \(entry)"
        }
    }

    /// What is still owed though its acknowledgement was told to be durable.
    func unforgotten(owed: [String: Set<String>]) -> [String] {
        everyAccepted { entry, id, reader, book in
            book.confirmed.contains(entry) && owed[reader, default: []].contains(id)
                ? "\(reader) is owed \(entry)" : nil
        }
    }

    /// What was accepted and that a reader has not acknowledged by now.
    var unsettled: [String] {
        everyAccepted { entry, _, reader, book in
            book.requested.contains(entry) ? nil : "\(reader) has not acknowledged \(entry)"
        }
    }

    private func everyAccepted(_ look: (Entry, String, String, ReaderBook) -> String?) -> [String] {
        books.withLock { books in
            let readers = Dictionary(uniqueKeysWithValues: lanes.map { ($0.name, $0.readers) })
            return books.accepted.flatMap { entry, id in
                readers[entry.lane, default: []].compactMap { reader in
                    look(entry, id.description, reader, books.readers[reader, default: ReaderBook()])
                }
            }
        }
    }
}
