import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import RestantePush

@Suite(.timeLimit(.minutes(5)))
struct LookUpsTests {
    /// Answers with what it is told, while it is open.
    final class SlowResolver: HostResolver {
        private struct State {
            var address: String? = "192.0.2.1"
            var gate = Gate()
            var asked: [(host: String, isKnown: Bool)] = []
            var cancelled = 0
        }

        private let state = NIOLockedValueBox(State())

        func addresses(of host: String, isKnown: Bool) async -> [SocketAddress] {
            let gate = state.withLockedValue { state in
                state.asked.append((host, isKnown))
                return state.gate
            }
            await gate.pass()
            return state.withLockedValue { state in
                if Task.isCancelled { state.cancelled += 1 }
                return state.address.flatMap { try? [SocketAddress(ipAddress: $0, port: 0)] } ?? []
            }
        }

        func open() { state.withLockedValue { $0.gate }.open() }
        func close() { state.withLockedValue { $0.gate = Gate() } }
        func set(_ address: String?) { state.withLockedValue { $0.address = address } }

        var asked: [String] { state.withLockedValue { $0.asked.map(\.host) } }
        var known: [Bool] { state.withLockedValue { $0.asked.map(\.isKnown) } }
        var cancelled: Int { state.withLockedValue { $0.cancelled } }
    }

    private let resolver = SlowResolver()
    private let clock = FakeClock()
    private let lookUps: LookUps

    init() { lookUps = LookUps(resolver: resolver, clock: clock) }

    private func ask(_ host: String = "a.example") async -> [String] {
        await lookUps.addresses(of: host).compactMap(\.ipAddress)
    }

    /// Returns when that is so; throws when the test takes too long.
    private func until(_ isSo: () async -> Bool) async throws {
        while await !isSo() {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test func oneForAllWhoAsk() async throws {
        let tasks = (0..<20).map { _ in Task { await ask() } }
        try await until { !resolver.asked.isEmpty }
        resolver.open()
        for task in tasks { #expect(await task.value == ["192.0.2.1"]) }
        #expect(await ask() == ["192.0.2.1"])
        #expect(resolver.asked == ["a.example"])
    }

    @Test func anOldAddressIsUsedWhileAnotherIsLookedFor() async throws {
        resolver.open()
        #expect(await ask() == ["192.0.2.1"])
        resolver.close()
        resolver.set("192.0.2.2")
        clock.advance(by: LookUps.lifetime)
        for _ in 0..<3 { #expect(await ask() == ["192.0.2.1"]) }
        try await until { resolver.asked.count == 2 }
        #expect(resolver.known == [false, true])
        resolver.open()
        try await until { await ask() != ["192.0.2.1"] }
        #expect(await ask() == ["192.0.2.2"])
        #expect(resolver.asked.count == 2)
    }

    @Test func aVeryOldOneIsNot() async {
        resolver.open()
        #expect(await ask() == ["192.0.2.1"])
        resolver.set(nil)
        clock.advance(by: LookUps.maximumAge)
        #expect(await ask() == [])
        resolver.set("192.0.2.2")
        #expect(await ask() == ["192.0.2.2"])
    }

    /// The last who waits ends it; who comes then asks anew.
    @Test func nobodyWaitsAnyMore() async throws {
        let tasks = (0..<2).map { _ in Task { await ask() } }
        try await until { !resolver.asked.isEmpty }
        for task in tasks {
            task.cancel()
            #expect(await task.value == [])
        }
        try await until { resolver.cancelled > 0 }
        resolver.open()
        #expect(await ask() == ["192.0.2.1"])
    }

    @Test func theLeastUsedAreForgotten() async {
        resolver.open()
        for number in 0...LookUps.maximumNames {
            #expect(await ask("n\(number).example").count == 1)
            clock.advance(by: .milliseconds(1))
            #expect(await ask("n0.example").count == 1)
        }
        #expect(await ask("n0.example").count == 1)
        #expect(resolver.asked.count == LookUps.maximumNames + 1)
        #expect(await ask("n1.example").count == 1)
        #expect(resolver.asked.count == LookUps.maximumNames + 2)
    }

    /// Names that were never found, and take their time, do not hold those up that were.
    @Test func strangersHaveThreadsOfTheirOwn() async throws {
        let (blocked, gate) = (NIOLockedValueBox<[String]>([]), ConditionLock(value: false))
        let resolver = SystemHostResolver { host in
            blocked.withLockedValue { $0.append(host) }
            if host.hasPrefix("slow") {
                gate.lock(whenValue: true)
                gate.unlock()
            }
            return (try? [SocketAddress(ipAddress: "192.0.2.1", port: 0)]) ?? []
        }
        let slow = (0..<SystemHostResolver.threads).map { number in
            Task { await resolver.addresses(of: "slow\(number)", isKnown: false) }
        }
        try await until { blocked.withLockedValue { $0.count } == SystemHostResolver.threads }
        let queued = Task { await resolver.addresses(of: "queued", isKnown: false) }
        let known = await ProviderTests.within(.seconds(30)) {
            await resolver.addresses(of: "known", isKnown: true)
        }
        #expect(known?.count == 1)
        queued.cancel()
        gate.lock()
        gate.unlock(withValue: true)
        for task in slow { #expect(await task.value.count == 1) }
        #expect(await queued.value.isEmpty)
        #expect(!blocked.withLockedValue { $0.contains("queued") })
    }
}
