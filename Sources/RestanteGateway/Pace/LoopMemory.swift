import NIOCore
import RestanteCore

/// What the buffers of one event loop's connections hold. On the loop.
///
/// Costs an addition where something is buffered; the budget of all loops hears of it in steps.
final class LoopMemory {
    /// What a session has written and its socket has not taken.
    private struct Holding {
        var bytes: Int
        /// Since when the socket has not taken half of what it had to take then: a byte now and then is no progress.
        var since: NIODeadline
        /// What it has taken since, and has to.
        var taken = 0
        var goal: Int

        init(_ bytes: Int, since: NIODeadline) {
            (self.bytes, self.since) = (bytes, since)
            goal = bytes / 2
        }

        mutating func change(to bytes: Int, now: NIODeadline) {
            taken += max(self.bytes - bytes, 0)
            self.bytes = bytes
            if taken > goal { self = Holding(bytes, since: now) }
        }
    }

    private static let step = 64 << 10

    private let budget: MemoryBudget
    private let stuckAfter: TimeAmount
    private var held = 0
    private var reported = 0
    private var unsent: [SessionID: Holding] = [:]
    /// Senders whose sockets are not read.
    private var heldBack: Set<SessionID> = []

    /// - Parameter stuckAfter: how long a socket may take for half of what it has to before its session may be cut.
    init(_ budget: MemoryBudget, stuckAfter: TimeAmount) {
        self.budget = budget
        self.stuckAfter = stuckAfter
    }

    var shortage: Shortage { budget.shortage }

    /// Somebody buffers so much more, or less: a message that is put together, a body that is collected.
    func add(_ change: Int) {
        held += change
        if abs(held - reported) >= Self.step { report() }
    }

    /// What a session's socket has not taken, each time after it was flushed.
    func unsent(_ bytes: Int, of session: SessionID, now: NIODeadline = .now()) {
        let before = unsent[session]?.bytes ?? 0
        guard bytes != before else { return }
        add(bytes - before)
        switch (before, bytes) {
        case (_, 0): unsent[session] = nil
        case (0, _): unsent[session] = Holding(bytes, since: now)
        default: unsent[session]?.change(to: bytes, now: now)
        }
    }

    /// A sender that is not read until there is memory again.
    func holdBack(_ session: SessionID) { heldBack.insert(session) }

    func leave(_ session: SessionID) {
        unsent(0, of: session)
        heldBack.remove(session)
    }

    /// Sessions that may hold something still.
    var holders: [SessionID] { Array(unsent.keys) }

    /// Senders that may be read again, if there is memory.
    func takeHeldBack() -> Set<SessionID> {
        guard shortage < .most else { return [] }
        defer { heldBack = [] }
        return heldBack
    }

    /// The session that goes, if one must.
    func worst(_ now: NIODeadline = .now()) -> SessionID? {
        guard shortage >= .most else { return nil }
        return unsent.filter { now - $0.value.since >= stuckAfter }.max { $0.value.bytes < $1.value.bytes }?.key
    }

    /// Something is to be looked at again by and by.
    var isBusy: Bool { !unsent.isEmpty || !heldBack.isEmpty }

    func report() {
        budget.add(held - reported)
        reported = held
    }
}

@available(*, unavailable)
extension LoopMemory: Sendable {}
