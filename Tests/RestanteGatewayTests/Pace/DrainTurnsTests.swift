import RestanteCore
import Testing

@testable import RestanteGateway

/// Whose turn it is to read a page.
struct DrainTurnsTests {
    private func session(_ number: UInt64) -> SessionID { SessionID(number) }

    @Test func soManyAtATimeAndTheOthersInTheirOrder() {
        var turns = DrainTurns(2)
        for number in 1...5 { #expect(turns.ask(session(UInt64(number)), .none) == (number <= 2)) }
        #expect(turns.next(.none) == nil)
        turns.isDone(session(2))
        #expect(turns.next(.none) == session(3))
        #expect(turns.next(.none) == nil)
        // Whoever asks again goes to the end of the queue.
        turns.isDone(session(1))
        #expect(turns.ask(session(1), .none) == false)
        #expect(turns.next(.none) == session(4))
        turns.isDone(session(3))
        #expect(turns.next(.none) == session(5))
        turns.isDone(session(4))
        #expect(turns.next(.none) == session(1))
    }

    @Test func askingTwiceIsOnePlace() {
        var turns = DrainTurns(1)
        #expect(turns.ask(session(1), .none) == true)
        for _ in 0..<3 { #expect(turns.ask(session(2), .none) == false) }
        turns.isDone(session(1))
        #expect(turns.next(.none) == session(2))
        turns.isDone(session(2))
        #expect(turns.next(.none) == nil)
        #expect(!turns.hasWaiting)
    }

    @Test func whoHasGoneHoldsNobodyUp() {
        var turns = DrainTurns(1)
        #expect(turns.ask(session(1), .none) == true)
        #expect(turns.ask(session(2), .none) == false)
        #expect(turns.ask(session(3), .none) == false)
        turns.leave(session(2))
        turns.leave(session(1))
        #expect(turns.next(.none) == session(3))
    }

    /// The log is the queue.
    @Test func fewerWhenMemoryIsShort() {
        var turns = DrainTurns(10)
        #expect(turns.ask(session(1), .some) == true)
        #expect(turns.ask(session(2), .some) == false)
        turns.isDone(session(1))
        #expect(turns.next(.most) == nil)
        #expect(turns.next(.some) == session(2))
    }
}
