import NIOCore
import Testing

@testable import RestanteGateway

/// Accounts of devices, users, services and addresses: what they allow together, and that they stay few.
struct AccountsTests {
    static let start = TokenBucketTests.start

    static var allowance: Allowance {
        var allowance = Allowance()
        allowance.connections = 3
        allowance.strangers = 2
        allowance.messages = Rate(1, burst: 2)
        return allowance
    }

    @Test func allConnectionsOfOneKeyShareItsRates() {
        let accounts = Accounts<Int>(Self.allowance, most: 100)
        #expect(accounts.take(1, .messages, of: 1, now: Self.start) == nil)
        #expect(accounts.enter(1, now: Self.start)?.take(1, .messages, now: Self.start) == nil)
        #expect(accounts.take(1, .messages, of: 1, now: Self.start) == .seconds(1))
        #expect(accounts.take(1, .messages, of: 2, now: Self.start) == nil)
    }

    @Test func connectionsAndStrangersAreCountedUntilTheyLeave() throws {
        let accounts = Accounts<Int>(Self.allowance, most: 100)
        let first = try #require(accounts.enter(1, isStranger: true, now: Self.start))
        #expect(accounts.enter(1, isStranger: true, now: Self.start) != nil)
        #expect(accounts.enter(1, isStranger: true, now: Self.start) == nil)
        first.isKnown()
        #expect(accounts.enter(1, isStranger: true, now: Self.start) != nil)
        #expect(accounts.enter(1, now: Self.start) == nil)
        first.leave()
        #expect(accounts.enter(1, now: Self.start) != nil)
    }

    /// Somebody with a million addresses does not fill the memory; those who are connected are not forgotten.
    @Test func theyDoNotGrowWithoutBound() throws {
        let accounts = Accounts<Int>(Self.allowance, most: 1600)
        let mine = try #require(accounts.enter(-1, now: Self.start))
        #expect(mine.take(2, .messages, now: Self.start) == nil)
        for key in 0..<100_000 { _ = accounts.take(1, .messages, of: key, now: Self.start) }
        #expect(accounts.count <= 1600)
        #expect(accounts.take(1, .messages, of: -1, now: Self.start) != nil)
    }

    /// Those who are connected stay, however many they are, and are not walked through for each newcomer: that would take
    /// this test many minutes.
    @Test(.timeLimit(.minutes(5))) func manyWhoAreConnectedCostNoWalkEach() {
        let accounts = Accounts<Int>(Self.allowance, most: 16)
        for key in 0..<300_000 { _ = accounts.enter(key, now: Self.start) }
        #expect(accounts.count == 300_000)
    }

    /// What is full again goes before what is not.
    @Test func thoseThatEarnedEverythingBackAreForgottenFirst() {
        let accounts = Accounts<Int>(Self.allowance, most: 16 * 40)
        for key in 0..<600 { _ = accounts.take(1, .messages, of: key, now: Self.start) }
        let later = Self.start + .seconds(10)
        #expect(accounts.take(2, .messages, of: -1, now: later) == nil)
        for key in 1000..<1300 { _ = accounts.take(1, .messages, of: key, now: later) }
        #expect(accounts.take(1, .messages, of: -1, now: later) != nil)
    }
}
