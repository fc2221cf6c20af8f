import NIOConcurrencyHelpers
import Testing

@testable import RestantePush

@Suite(.timeLimit(.minutes(5)))
struct CredentialCacheTests {
    /// Counts what is made, and makes it as told.
    final class Maker: Sendable {
        private let count = NIOLockedValueBox(0)
        let gate = Gate()
        let trouble = NIOLockedValueBox<CredentialTrouble?>(nil)

        var made: Int { count.withLockedValue { $0 } }

        func cache(_ clock: FakeClock, waits: Bool = false) -> CredentialCache {
            CredentialCache(clock: clock, minimumAge: 1200) { [self] now in
                let number = count.withLockedValue { count in
                    count += 1
                    return count
                }
                if waits { await gate.pass() }
                if let trouble = trouble.withLockedValue({ $0 }) { return .failure(trouble) }
                return .success(Credential(value: "token\(number)", madeAt: now, renewAt: now + 2400))
            }
        }
    }

    @Test func oneForAllWhoWait() async throws {
        let maker = Maker()
        let cache = maker.cache(FakeClock(), waits: true)
        let tasks = (0..<100).map { _ in Task { try await cache.value() } }
        maker.gate.open()
        for task in tasks { #expect(try await task.value == "token1") }
        #expect(maker.made == 1)
    }

    @Test func anotherWhenItIsTime() async throws {
        let maker = Maker()
        let clock = FakeClock()
        let cache = maker.cache(clock)
        #expect(try await cache.value() == "token1")
        clock.advance(by: .seconds(2399))
        #expect(try await cache.value() == "token1")
        clock.advance(by: .seconds(1))
        #expect(try await cache.value() == "token2")
    }

    @Test func whoeverIsRefusedLateGetsTheNewOne() async throws {
        let maker = Maker()
        let clock = FakeClock()
        let cache = maker.cache(clock)
        #expect(try await cache.value() == "token1")
        #expect(try await cache.value(insteadOf: "token1") == "token2")
        #expect(try await cache.value(insteadOf: "token1") == "token2")
        #expect(try await cache.value(insteadOf: "token2") == nil)
        clock.advance(by: .seconds(1200))
        #expect(try await cache.value(insteadOf: "token2") == "token3")
    }

    @Test func aTroubleIsToldToAllAndTriedAgainLater() async throws {
        let maker = Maker()
        let clock = FakeClock()
        let cache = maker.cache(clock)
        maker.trouble.withLockedValue { $0 = .refused(reason: "no") }
        for _ in 0..<100 {
            await #expect(throws: CredentialTrouble.refused(reason: "no")) { try await cache.value() }
        }
        #expect(maker.made == 1)
        maker.trouble.withLockedValue { $0 = nil }
        clock.advance(by: .seconds(CredentialCache.troublePause))
        #expect(try await cache.value() == "token2")
    }

    /// Whoever is cancelled waits no longer, and the others get what they wait for.
    @Test func oneWhoIsCancelledLeaves() async throws {
        let maker = Maker()
        let cache = maker.cache(FakeClock(), waits: true)
        let patient = Task { try await cache.value() }
        let cancelled = Task { try await cache.value() }
        cancelled.cancel()
        let result = await ProviderTests.within(.seconds(30)) { await cancelled.result }
        #expect(throws: CredentialTrouble.unavailable(after: nil, reason: "cancelled")) { try result?.get() }
        maker.gate.open()
        #expect(try await patient.value == "token1")
    }

    @Test func theEndCancelsWhatIsUnderWay() async throws {
        let cache = CredentialCache(clock: FakeClock(), minimumAge: 0) { _ in
            // For ever, unless it is cancelled.
            await Gate().pass()
            return .failure(.refused(reason: "ended"))
        }
        let waiting = Task { try await cache.value() }
        while await !cache.isMaking {
            try Task.checkCancellation()
            await Task.yield()
        }
        await cache.shutdown()
        let result = await ProviderTests.within(.seconds(30)) { await waiting.result }
        #expect(throws: CredentialTrouble.refused(reason: "ended")) { try result?.get() }
        await #expect(throws: CredentialTrouble.unavailable(after: nil, reason: "shut down")) {
            try await cache.value()
        }
    }

    /// Whoever hands credentials out may want to be left alone for longer.
    @Test func aTroubleLastsAsLongAsWasAskedFor() async throws {
        let maker = Maker()
        let clock = FakeClock()
        let cache = maker.cache(clock)
        maker.trouble.withLockedValue { $0 = .unavailable(after: .seconds(90), reason: "503") }
        await #expect(throws: CredentialTrouble.unavailable(after: .seconds(90), reason: "503")) {
            try await cache.value()
        }
        clock.advance(by: .seconds(60))
        await #expect(throws: CredentialTrouble.unavailable(after: .seconds(30), reason: "503")) {
            try await cache.value()
        }
        #expect(maker.made == 1)
        maker.trouble.withLockedValue { $0 = nil }
        clock.advance(by: .seconds(30))
        #expect(try await cache.value() == "token2")
    }
}
