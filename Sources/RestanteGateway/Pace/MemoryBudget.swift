import Synchronization

/// How much memory the buffers of all connections hold, and how short it is. Any thread may ask at any time.
///
/// Event loops report what they hold in steps (``LoopMemory``), so the sum is right to within 64 KiB a loop.
final class MemoryBudget: Sendable {
    private let most: Int
    private let held = Atomic(0)

    init(most: Int) {
        self.most = max(most, 1)
    }

    var bytes: Int { held.load(ordering: .relaxed) }

    func add(_ change: Int) { held.add(change, ordering: .relaxed) }

    var shortage: Shortage {
        switch bytes {
        case ..<(most / 2): .none
        case ..<(most / 4 * 3): .some
        case ..<most: .most
        default: .all
        }
    }
}

/// How short the memory for buffers is, and what is done about it: each step with all before it.
enum Shortage: Int, Comparable, Sendable {
    case none
    /// Half of it is held: one page is read at a time, since the log is the queue.
    case some
    /// Three quarters: no page is read, and whoever sends a message is not read any further. Of those who have taken
    /// nothing for ten seconds, the one that holds most is cut.
    case most
    /// All: new connections are refused with 503.
    case all

    static func < (left: Shortage, right: Shortage) -> Bool { left.rawValue < right.rawValue }
}
