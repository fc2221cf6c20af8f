/// How much a client has asked for and not been answered: answers can be larger than what asks for them, so they are
/// bounded where they are asked for.
struct UnansweredCalls {
    /// Sends on the way above which the socket is not read. Half of them must be answered before it is read again.
    static let mostSends = 1024
    /// Requests on the way above which one is refused: an answer may list a whole group.
    static let mostRequests = 64

    private var sends = 0
    private var requests = 0
    private var isFull = false

    /// True: read the socket no more.
    mutating func sent() -> Bool {
        sends += 1
        guard !isFull, sends >= Self.mostSends else { return false }
        isFull = true
        return true
    }

    /// True: read the socket again.
    mutating func sendWasAnswered() -> Bool {
        sends -= 1
        guard isFull, sends <= Self.mostSends / 2 else { return false }
        isFull = false
        return true
    }

    /// False: too many.
    mutating func asked() -> Bool {
        guard requests < Self.mostRequests else { return false }
        requests += 1
        return true
    }

    mutating func requestWasAnswered() { requests -= 1 }
}
