/// Whether a session reads its socket: not while the store's queue is full, not while too much of what it asked for is
/// unanswered or its answers pile up unread, and not any more once the server ends.
struct ReadGate {
    private var isStalled = false
    private var isWritable = true
    private var isHeeded = true
    private var isStopped = false
    private var isClosing = false

    private var isOpen: Bool { isClosing || (!isStalled && isHeeded && isWritable && !isStopped) }

    /// The server itself keeps the client from being heard.
    var holdsBack: Bool { isStalled || !isHeeded }

    /// Each returns what `autoRead` must become, or nil if it stays.
    mutating func stalled(_ now: Bool) -> Bool? { change { $0.isStalled = now } }

    mutating func writable(_ now: Bool) -> Bool? { change { $0.isWritable = now } }

    mutating func heeded(_ now: Bool) -> Bool? { change { $0.isHeeded = now } }

    mutating func stopped() -> Bool? { change { $0.isStopped = true } }

    /// The peer's close frame must be seen, whatever held before.
    mutating func closing() -> Bool? { change { $0.isClosing = true } }

    private mutating func change(_ set: (inout ReadGate) -> Void) -> Bool? {
        let before = isOpen
        set(&self)
        return isOpen == before ? nil : isOpen
    }
}
