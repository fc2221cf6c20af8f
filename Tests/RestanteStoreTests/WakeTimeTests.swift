import RestanteCore
import Testing

@testable import RestanteStore

/// When the store looks who is to be woken: after a start, when the clock was set, and while nothing comes.
@Suite(.timeLimit(.minutes(5))) final class WakeTimeTests {
    private let box: WakeBox
    private let minute: Int64 = 60_000

    init() throws {
        box = try WakeBox()
        for name in ["bob", "carol"] { try box.away("\(name)/phone") }
        box.clock.advance(milliseconds: 1)
    }

    private func woken() throws -> [String] { try box.store.wakes().map { "\($0.device)" }.sorted() }

    /// Bob was woken for all of his mail.
    private func wakeBob() throws {
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent, expecting: 1)
    }

    // MARK: Starts

    @Test func whoWasWokenLongBeforeAStartIsNotWokenAgain() throws {
        try wakeBob()
        box.clock.advance(milliseconds: 21 * minute)
        try box.restart()
        box.clock.advance(milliseconds: minute)
        #expect(try woken().isEmpty)
    }

    /// Mail comes before the marks were looked at: who was woken moments before the start is left alone; whoever has been here since
    /// it was woken may come back by itself, unless the mail is urgent.
    @Test func mailRightAfterAStartMindsTheMarks() throws {
        try wakeBob()
        try box.restart()
        for name in ["bob", "carol"] { try box.send(to: name) }
        #expect(try woken().isEmpty)
        box.clock.advance(milliseconds: minute)
        #expect(try woken() == ["carol/phone"])
        box.clock.advance(milliseconds: 19 * minute)
        #expect(try woken() == ["bob/phone"])
    }

    @Test func urgentMailRightAfterAStartWakesAtOnce() throws {
        try wakeBob()
        try box.restart()
        for name in ["bob", "carol"] { try box.send(to: name, .urgent) }
        #expect(try Set(woken()) == ["bob/phone", "carol/phone"])
    }

    /// Its time is told by the store's clock, also where that does not believe the machine's.
    @Test func aClockThatIsNotBelievedKeepsNobodyAsleep() throws {
        try box.send(to: "bob")
        _ = try box.store.wakes()
        try box.restart { _ in self.box.clock.reboot(after: 3 * 24 * 60 * minute) }
        try box.run([])
        box.clock.advance(milliseconds: minute)
        let wakes = try box.store.wakes()
        #expect(wakes.map { "\($0.device)" } == ["bob/phone"])
        // What others are told, and tell, is the machine's time.
        #expect(wakes.map(\.deadline) == [box.clock.now + 24 * 60 * minute])
        try box.away("bob/phone")
        #expect(try box.rows("SELECT max(registered_at) FROM push_targets") == ["\(box.clock.now)"])
    }

    /// It came after it was woken, although the clock that it was woken by was ahead.
    @Test func whoComesAfterTheClockIsPutBackIsWokenAgain() throws {
        box.clock.advance(milliseconds: 60 * minute)
        try wakeBob()
        box.clock.step(milliseconds: -40 * 24 * 60 * minute)
        try box.ask(.confirmClock, from: nil)
        let bob = try box.connect("bob/phone")
        try box.run([.release(bob)])
        box.clock.advance(milliseconds: minute)
        #expect(try woken() == ["bob/phone"])
    }

    /// It was seen by the clock that was ahead, and has not been here since it was woken.
    @Test func whoWasSeenAheadIsNotWokenTwice() throws {
        box.clock.step(milliseconds: -40 * 24 * 60 * minute)
        try box.ask(.confirmClock, from: nil)
        box.clock.advance(milliseconds: 1)
        try wakeBob()
        try box.restart()
        box.clock.advance(milliseconds: 21 * minute)
        #expect(try woken().isEmpty)
    }

    /// What nobody reads who comes and goes is no reason to wake it every minute.
    @Test func whoReadsNothingIsWokenLessAndLess() throws {
        try box.send(to: "bob")
        try box.answer(box.store.wakes(), .sent, expecting: 1)
        for minutes in [1, 2, 4] as [Int64] {
            try box.run([.release(try box.connect("bob/phone"))])
            box.clock.advance(milliseconds: minutes * minute - 1)
            #expect(try box.store.wakes().isEmpty)
            box.clock.advance(milliseconds: 1)
            try box.answer(box.store.wakes(), .sent, expecting: 1)
        }
        let (bob, events) = try box.come("bob/phone")
        for case .page(bob, let page, _) in events {
            try box.run([.acknowledge(bob, through: page.last?.tag ?? 0)])
        }
        try box.send(to: "bob")
        try box.run([.release(bob)])
        box.clock.advance(milliseconds: minute)
        #expect(try woken() == ["bob/phone"])
    }

    /// More devices than are looked at at once.
    @Test func everyMarkIsLookedAt() throws {
        let members = (1...600).map { "user\($0)/phone" }
        for member in members { try box.away(member) }
        try box.ask(.createGroup(group("talk"), members: members.map { address($0).user }))
        try box.send(to: .group(group("talk")))
        try box.restart()
        box.clock.advance(milliseconds: minute)
        #expect(try woken() == members.sorted())
    }

    /// The operator has taken the provider out of the settings.
    @Test func aProviderThatTheServerHasNoMoreWakesNobody() throws {
        try box.send(to: "bob")
        try box.restart { try $0.run("UPDATE push_targets SET provider = 2") }
        box.clock.advance(milliseconds: minute)
        #expect(try woken().isEmpty)
        #expect(throws: Refusal.self) { try box.ask(.wake(of: address("bob/phone")), from: nil) }
    }

    // MARK: Clock

    /// The clock was ahead by two days, and is put right: nobody sleeps for so long.
    @Test func aClockThatIsPutBackDoesNotKeepAnybodyAsleep() throws {
        try wakeBob()
        try box.send(to: "bob")
        try box.send(to: "carol")
        #expect(try woken() == ["carol/phone"])
        box.clock.step(milliseconds: -48 * 60 * minute)
        try box.ask(.confirmClock, from: nil)
        // Her provider is being asked, and Bob was woken moments ago.
        #expect(try woken().isEmpty)
        box.clock.advance(milliseconds: 20 * minute)
        #expect(try woken() == ["bob/phone"])
    }

    // MARK: The store's thread

    /// It sleeps until somebody is due, and for no longer; by a clock that stands nobody ever is.
    @Test func theStoreSleepsUntilSomebodyIsDue() async throws {
        let running = try RunningStore { ($0.wakes.afterClose, $0.clock) = (1, SteppedClock().clock) }
        running.leaveBob()
        var sleep: UInt64
        repeat {
            sleep = try await running.store.ask { engine in
                let now = monotonicNanoseconds()
                return Upkeep(engine).dueAt(now) - now
            }
        } while sleep == 0
        #expect(sleep <= 1_000_000)
        await running.store.shutdown()
    }

    /// Nothing comes but the time: a connection has ended, and the time of who was woken is over.
    @Test func aWakeComesByItself() async throws {
        let running = try RunningStore { ($0.wakes.afterClose, $0.wakes.interval) = (50, 50) }
        var wakes = running.sink.wakes.makeAsyncIterator()
        running.leaveBob()
        let first = await wakes.next()
        let afterClose = try #require(first?.first)
        running.store.enqueue([.woken(afterClose, .sent), running.mail()])
        let afterCooling = await wakes.next()?.first
        #expect(afterCooling.map { $0.mark > afterClose.mark } == true)
        await running.store.shutdown()
    }
}

/// A store on its own thread.
private struct RunningStore {
    let store: SQLiteStore
    let sink = WakeSink()
    private let folder: Folder
    private let alice = SessionID(1)
    private let bob = SessionID(2)

    init(_ change: (inout StoreOptions) -> Void) throws {
        folder = try Folder()
        var options = StoreOptions()
        options.wakes.providers = [.apns]
        change(&options)
        store = try SQLiteStore.open(path: folder.database, options: options)
        store.start(reportingTo: sink)
    }

    /// With mail that he has not acknowledged.
    func leaveBob() {
        let target = Request.registerPush(WakeBox.target("bob/phone"), PushDisplay())
        store.enqueue([
            claim(alice, "alice/laptop"), claim(bob, "bob/phone"), .request(target, id: 1, from: .session(bob)), mail(),
            .release(bob),
        ])
    }

    func mail() -> StoreCommand {
        let id = MessageID(at: StoreClock.wall.now())
        return .send(Submission(id: id, to: .user(user("bob")), content: .payload([1])), from: .session(alice))
    }

    private func claim(_ session: SessionID, _ name: String) -> StoreCommand {
        .claim(Claim(session: session, address: address(name), tokenIssuedAt: .max / 2000))
    }
}

/// Keeps the wake-ups that it is given.
private final class WakeSink: StoreSink {
    let wakes: AsyncStream<[Wake]>
    private let continuation: AsyncStream<[Wake]>.Continuation

    init() { (wakes, continuation) = AsyncStream.makeStream() }

    func store(committed events: [StoreEvent]) {}
    func storeHasRoom() {}
    func store(failed error: any Error) { continuation.finish() }
    func store(wakes: [Wake]) { continuation.yield(wakes) }
}
