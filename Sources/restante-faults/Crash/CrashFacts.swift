import Glibc
import RestanteCore

/// What a child was told before it was killed, a line a fact.
struct CrashFacts: Sendable {
    /// In the order in which they were sent; with their bytes of payload.
    private(set) var sent: [(id: MessageID, bytes: Int)] = []
    private(set) var accepted: Set<MessageID> = []
    /// By device: what it acknowledged, and what it was told is acknowledged for good.
    private(set) var requested: [String: Set<MessageID>] = [:]
    private(set) var acknowledged: [String: Set<MessageID>] = [:]
    /// By device, for how many of the messages it was woken: at most, and at least.
    private(set) var answered: [String: Int] = [:]
    private(set) var woken: [String: Int] = [:]
    private(set) var isDone = false

    init(_ text: String) {
        // A line that a kill cut off says nothing.
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ")
            switch words.first {
            case "done": isDone = true
            case "sent": if let id = MessageID(words[1]) { sent.append((id, Int(words[2]) ?? 0)) }
            case "accepted": if let id = MessageID(words[1]) { accepted.insert(id) }
            case "acknowledges": requested[String(words[1]), default: []].formUnion(Self.ids(words))
            case "acknowledged": acknowledged[String(words[1]), default: []].formUnion(Self.ids(words))
            case "marks": answered[String(words[1])] = Int(words[2])
            case "comes": woken = [:]
            case "came": answered = [:]
            case "marked": woken[String(words[1])] = Int(words[2])
            default: break
            }
        }
    }

    private static func ids(_ words: [Substring]) -> [MessageID] { words.dropFirst(2).compactMap { MessageID($0) } }

    /// Writes a fact to standard output, at once.
    static func tell(_ fact: String) {
        let bytes = Array((fact + "\n").utf8)
        _ = write(1, bytes, bytes.count)
    }
}
