import NIOCore
import RestanteCore
import Testing

@testable import RestanteGateway

/// What buffers hold, by event loop and in all.
struct LoopMemoryTests {
    private static let start = TokenBucketTests.start
    private let budget = MemoryBudget(most: 1 << 20)
    private let memory: LoopMemory

    init() {
        memory = LoopMemory(budget, stuckAfter: .seconds(10))
    }

    @Test func allLoopsShareTheBudget() {
        let other = LoopMemory(budget, stuckAfter: .seconds(10))
        #expect(budget.shortage == .none)
        memory.add(300 << 10)
        other.add(300 << 10)
        #expect(memory.shortage == .some)
        other.unsent(300 << 10, of: SessionID(1))
        #expect(memory.shortage == .most)
        other.add(200 << 10)
        #expect(memory.shortage == .all)
        other.leave(SessionID(1))
        other.add(-500 << 10)
        memory.add(-300 << 10)
        #expect(budget.bytes == 0)
    }

    @Test func littleIsNotReportedEachTime() {
        for _ in 0..<63 { memory.add(1 << 10) }
        #expect(budget.bytes == 0)
        memory.add(1 << 10)
        #expect(budget.bytes == 64 << 10)
    }

    /// Whoever holds most, but only if its socket takes nothing, and only when memory is short.
    @Test func theWorstIsStuckAndHoldsMost() {
        let (slow, small, large) = (SessionID(1), SessionID(2), SessionID(3))
        memory.unsent(500 << 10, of: slow, now: Self.start)
        memory.unsent(10 << 10, of: small, now: Self.start)
        memory.unsent(200 << 10, of: large, now: Self.start)
        let later = Self.start + .seconds(11)
        memory.unsent(249 << 10, of: slow, now: later)
        #expect(memory.worst(later) == nil)
        memory.add(400 << 10)
        #expect(memory.worst(later) == large)
        #expect(memory.worst(later - .seconds(2)) == nil)
        memory.leave(large)
        memory.add(300 << 10)
        #expect(memory.worst(later) == small)
    }

    /// A byte now and then does not keep a session; one that takes its share while more is written for it stays.
    @Test func progressIsHalfOfWhatThereWas() {
        let (trickling, steady) = (SessionID(1), SessionID(2))
        var now = Self.start
        memory.unsent(600 << 10, of: trickling, now: now)
        memory.unsent(200 << 10, of: steady, now: now)
        for second in 1...20 {
            now = now + .seconds(1)
            memory.unsent(600 << 10 - second, of: trickling, now: now)
            memory.unsent(180 << 10, of: steady, now: now)
            memory.unsent(200 << 10, of: steady, now: now)
        }
        #expect(memory.worst(now) == trickling)
        memory.leave(trickling)
        memory.add(700 << 10)
        #expect(memory.worst(now) == nil)
    }

    @Test func sendersAreLetGoWhenThereIsMemoryAgain() {
        memory.add(900 << 10)
        memory.holdBack(SessionID(1))
        #expect(memory.takeHeldBack().isEmpty)
        memory.add(-800 << 10)
        #expect(memory.takeHeldBack() == [SessionID(1)])
        #expect(memory.takeHeldBack().isEmpty)
    }
}
