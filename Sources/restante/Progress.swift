import Foundation

/// Shows how far long work is, on standard error: a bar that is drawn again on a terminal, a line now and then elsewhere.
///
/// For one thread at a time.
final class Progress {
    private static let width = 30
    private let label: String
    private let isTerminal = isatty(FileHandle.standardError.fileDescriptor) != 0
    private let start = ContinuousClock.now
    private var shownAt: ContinuousClock.Instant?
    private var hasBar = false

    init(label: String) {
        self.label = label
    }

    /// May be called as often as there is news: it is shown ten times a second, or every ten seconds without a terminal.
    ///
    /// - Parameter total: 0 or less: it is not known.
    func update(done: Int64, total: Int64) {
        let now = ContinuousClock.now
        guard now - (shownAt ?? start) >= (isTerminal ? .milliseconds(100) : .seconds(10)) else { return }
        shownAt = now
        let part = total > 0 ? min(1, Double(done) / Double(total)) : nil
        let percent = part.map { " \(Int($0 * 100)) %" } ?? " …"
        guard isTerminal else { return write("\(label)\(percent)\n") }
        let filled = Int((part ?? 0) * Double(Self.width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        write("\r\u{1B}[K\(label) \(bar)\(percent)")
        hasBar = true
    }

    /// Takes the bar away, and says what came of it, if anything.
    func finish(_ message: String? = nil) {
        if hasBar { write("\r\u{1B}[K") }
        hasBar = false
        if let message { write("\(message)\n") }
    }

    private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
