import RestanteCore
import Testing

@testable import RestantePush

/// How the hosts of Web Push, which clients name, share its places.
struct DispatchHostTests {
    private typealias Base = DispatchStateTests

    private static func wakes(_ host: String, _ count: Int) -> [Wake] {
        let target = PushTarget.webPush(endpoint: "https://\(host).example.org/x", key: [], secret: [])
        return (0..<count).map { Samples.wake("\(host) \($0)", target) }
    }

    /// How many of the attempts are for which host.
    private static func hosts(_ attempts: [DispatchState.Attempt]) -> [String: Int] {
        Base.names(attempts).reduce(into: [:]) { $0[String($1.prefix { $0 != " " }), default: 0] += 1 }
    }

    /// Lets hosts take one wake each, so that they are known.
    private static func know(_ hosts: [String], _ state: inout DispatchState) {
        for host in hosts {
            state.add(wakes(host, 1), now: Base.time())
            for attempt in state.start() { state.end(attempt.id, .taken, took: .zero, now: Base.time()) }
        }
    }

    @Test func aHostGetsFewPlacesUntilItHasTakenSomething() {
        var state = Base.state([.webPush], limits: PushLimits(concurrency: 16, perWebPushHost: 4))
        state.add(Self.wakes("host", 20), now: Base.time())
        var attempts = state.start()
        #expect(attempts.count == 2)
        for attempt in attempts { state.end(attempt.id, .refused(reason: "400"), took: .zero, now: Base.time()) }
        attempts = state.start()
        #expect(attempts.count == 2, "a refusal shows nothing")
        for attempt in attempts { state.end(attempt.id, .taken, took: .zero, now: Base.time()) }
        #expect(state.start().count == 4)
    }

    /// It may be another server, whose troubles are its own.
    @Test func anotherPortIsAnotherHost() {
        func lane(_ endpoint: String) -> LaneName { LaneName(.webPush(endpoint: endpoint, key: [], secret: [])) }
        #expect(lane("https://a.example/x") == lane("https://A.example:443/y"))
        #expect(lane("https://a.example/x") != lane("https://a.example:81/x"))
    }

    /// Whoever holds places for long is one of those who share half of them, until it is quick again.
    @Test(arguments: [PushAnswer.taken, .retry(after: nil, reason: "no answer in time")])
    func aHostThatIsSlowIsNotKnownAnyMore(_ answer: PushAnswer) {
        var state = Base.state([.webPush], limits: PushLimits(concurrency: 16, perWebPushHost: 4))
        Self.know(["host"], &state)
        state.add(Self.wakes("host", 50), now: Base.time())
        for attempt in state.start() { state.end(attempt.id, answer, took: .milliseconds(2001), now: Base.time()) }
        for _ in 1...3 {
            let attempts = state.start()
            #expect((1...2).contains(attempts.count))
            for attempt in attempts { state.end(attempt.id, .taken, took: .milliseconds(2001), now: Base.time()) }
        }
        for _ in 1...3 {
            for attempt in state.start() { state.end(attempt.id, .taken, took: .seconds(2), now: Base.time()) }
        }
        #expect(state.start().count == 4)
    }

    /// A free place is for whoever has the fewest: hosts that hold theirs for long get no more than others.
    @Test func aFreePlaceGoesToWhoHasFewest() {
        var state = Base.state([.webPush], limits: PushLimits(concurrency: 4, perWebPushHost: 4))
        Self.know(["one", "two"], &state)
        state.add(Self.wakes("one", 20), now: Base.time())
        let attempts = state.start()
        #expect(attempts.count == 4)
        state.add(Self.wakes("two", 20), now: Base.time())
        for attempt in attempts.prefix(2) {
            state.end(attempt.id, .taken, took: .zero, now: Base.time())
            #expect(Self.hosts(state.start()) == ["two": 1])
        }
    }

    /// Also while it has more to send, and strangers' hosts hold the places of new ones and others of them keep coming.
    @Test func aHostThatHasTakenSomethingIsServedWithTheKnown() {
        var state = Base.state([.webPush], limits: PushLimits(concurrency: 4, perWebPushHost: 4))
        func good(_ attempts: [DispatchState.Attempt]) -> [DispatchState.Attempt] {
            attempts.filter { $0.wake.device.user.rawValue.hasPrefix("good") }
        }
        state.add(Self.wakes("hangs0", 1) + Self.wakes("good", 10), now: Base.time())
        var attempts = good(state.start())
        var asked = attempts.count
        #expect(asked == 1)
        for round in 1...10 {
            state.add(Self.wakes("hangs\(round)", 1), now: Base.time())
            for attempt in attempts { state.end(attempt.id, .taken, took: .zero, now: Base.time()) }
            attempts = good(state.start())
            asked += attempts.count
        }
        #expect(asked == 10)
    }

    /// Not with as many as it had when it came to stand in line.
    @Test func whoHasNoneUnderWayAnyMoreIsNextAgain() {
        var state = Base.state([.webPush], limits: PushLimits(concurrency: 4, perWebPushHost: 4))
        Self.know(["one", "two", "other"], &state)
        state.add(Self.wakes("other", 1), now: Base.time())
        #expect(state.start().count == 1)
        state.add(Self.wakes("one", 20), now: Base.time())
        let attempts = state.start()
        #expect(attempts.count == 3)
        state.add(Self.wakes("two", 20), now: Base.time())
        for attempt in attempts { state.end(attempt.id, .taken, took: .zero, now: Base.time()) }
        #expect(Set(Self.hosts(state.start()).keys) == ["one", "two"])
    }

    /// A lane leaves something behind in the line whenever one of its requests ends.
    @Test func theLineDoesNotGrow() {
        var state = Base.state([.webPush], limits: PushLimits(concurrency: 2, perWebPushHost: 4))
        Self.know(["one", "two"], &state)
        for _ in 0..<5000 {
            state.add(Self.wakes("one", 2) + Self.wakes("two", 2), now: Base.time())
            for attempt in state.start() { state.end(attempt.id, .taken, took: .zero, now: Base.time()) }
        }
        #expect((state.lines[.webPush]?.count ?? 0) < 2000)
    }

    @Test func oneHostDoesNotTakeAll() {
        var state = Base.state([.webPush], limits: PushLimits(concurrency: 10, perWebPushHost: 3))
        Self.know(["slow", "other"], &state)
        state.add(Self.wakes("slow", 50) + Self.wakes("other", 5), now: Base.time())
        #expect(Self.hosts(state.start()) == ["slow": 3, "other": 3])
    }

    /// However many a client makes up, those that are known get their places.
    @Test func newHostsDoNotTakeAll() throws {
        var state = Base.state([.webPush], limits: PushLimits(concurrency: 16, perWebPushHost: 8))
        Self.know(["known"], &state)
        for number in 0..<100 { state.add(Self.wakes("made\(number)", 8), now: Base.time()) }
        #expect(state.start().count == 8, "half of the places")
        state.add(Self.wakes("known", 20), now: Base.time())
        let attempts = state.start()
        #expect(Self.hosts(attempts) == ["known": 8])
        // A place of a known host's goes to no new one.
        state.end(try #require(attempts.first).id, .taken, took: .zero, now: Base.time())
        #expect(Self.hosts(state.start()) == ["known": 1])
    }

    /// New ones come to their turn beside known ones, and a place of theirs goes to the next of them.
    @Test func newHostsAreAskedToo() {
        var state = Base.state([.webPush], limits: PushLimits(concurrency: 4, perWebPushHost: 4))
        Self.know(["known"], &state)
        state.add(Self.wakes("known", 20) + Self.wakes("one", 1) + Self.wakes("two", 1), now: Base.time())
        let attempts = state.start()
        #expect(Self.hosts(attempts) == ["known": 2, "one": 1, "two": 1])
        state.add(Self.wakes("three", 1), now: Base.time())
        #expect(state.start() == [])
        for attempt in attempts { state.end(attempt.id, .taken, took: .zero, now: Base.time()) }
        #expect(Self.hosts(state.start())["three"] == 1)
    }
}
