/// What figures hold for: without it they say nothing.
struct Surroundings: Sendable, Encodable {
    var machine: Machine
    /// Flags of `restante serve`.
    var settings: [String]
    /// Whether the server's calls were counted, which costs it a little.
    var isCounted: Bool

    var rows: [(String, String)] {
        [("machine", machine.line), ("settings", settings.joined(separator: " "))]
            + (isCounted || CallCounter.library != nil ? [] : [("not counted", CallCounter.advice)])
    }
}
