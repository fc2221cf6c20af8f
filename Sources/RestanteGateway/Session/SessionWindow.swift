import DequeModule
import RestanteCore

/// How much a client has been sent and has not acknowledged, in messages and in bytes of payload.
struct SessionWindow {
    private let maximumMessages: Int
    private let maximumBytes: Int
    /// Bytes of each delivery that is not acknowledged, in the order of tags; the first has the tag after ``acknowledged``.
    private var sizes: Deque<UInt32> = []
    private var bytes = 0
    private var acknowledged: UInt64 = 0

    init(limits: Limits) {
        maximumMessages = limits.windowMessages
        maximumBytes = limits.windowBytes
    }

    /// Deliveries that wait for their acknowledgement.
    var count: Int { sizes.count }

    /// Half the window is free in messages and in bytes, or all of it.
    var hasRoom: Bool {
        sizes.isEmpty || (sizes.count * 2 <= maximumMessages && bytes * 2 <= maximumBytes)
    }

    mutating func deliver(tag: UInt64, bytes size: Int) {
        // A tag that was acknowledged before it came: the store judges that, here it just does not count.
        guard tag > acknowledged else { return }
        sizes.append(UInt32(clamping: size))
        bytes += size
    }

    mutating func acknowledge(through tag: UInt64) {
        guard tag > acknowledged else { return }
        let count = Int(min(tag - acknowledged, UInt64(sizes.count)))
        for size in sizes.prefix(count) { bytes -= Int(size) }
        sizes.removeFirst(count)
        acknowledged = tag
    }
}

extension Owed {
    /// Bytes that count for the window: payload only.
    var windowBytes: Int {
        if case .message(let message) = self { message.payload.count } else { 0 }
    }
}
