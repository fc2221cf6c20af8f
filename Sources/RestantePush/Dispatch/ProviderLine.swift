import DequeModule

/// The lanes of a provider that have something to send, in the order of their turns.
struct ProviderLine {
    var lanes: Deque<LaneName> = []
    /// Requests under way, of all lanes.
    var sending = 0

    mutating func next(limit: Int) -> LaneName? {
        sending < limit ? lanes.popFirst() : nil
    }
}
