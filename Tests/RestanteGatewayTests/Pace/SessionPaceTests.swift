import NIOCore
import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// What a session is charged, and how it is told that it was too much.
struct SessionPaceTests {
    static let start = TokenBucketTests.start
    static let tablet = DeviceAddress(user: TestKeys.alice.user, device: DeviceName(unchecked: "tablet"))

    static func pace(_ change: (inout PaceLimits) -> Void = { _ in }) -> Pace {
        var limits = PaceLimits()
        limits.device.messages = Rate(1, burst: 3)
        limits.user.messages = Rate(1, burst: 4)
        limits.device.bytes = Rate(10, burst: 100)
        limits.device.requests = Rate(1, burst: 3)
        limits.user.lookUps = Rate(1, burst: 2)
        change(&limits)
        return Pace(limits)
    }

    static let id = MessageID(at: 1)
    static let send = ClientAction.send(
        Submission(id: id, to: .user(UserName(unchecked: "bob")), content: .payload([])))

    static func ask(_ id: UInt64) -> ClientAction { .request(.devices(of: UserName(unchecked: "bob")), id: id) }

    private func isRefused(_ session: SessionPace, _ action: ClientAction, bytes: Int = 1) -> Bool {
        session.admit(action, bytes: bytes, now: Self.start).isRefused
    }

    @Test func aSendTooManyIsRejectedWithItsIDAndATime() throws {
        let session = try SessionPace(TestKeys.alice, Self.pace(), now: Self.start)
        for _ in 0..<3 { #expect(session.admit(Self.send, bytes: 1, now: Self.start).action == Self.send) }
        guard case .rejectSend(let id, let refusal) = session.admit(Self.send, bytes: 1, now: Self.start).action else {
            Issue.record("not rejected")
            return
        }
        #expect(id == Self.id.bytes)
        #expect(refusal.code == .rateLimited && refusal.retryAfter ?? 0 >= 1)
        let later = Self.start + .seconds(Int64(refusal.retryAfter ?? 0))
        #expect(session.admit(Self.send, bytes: 1, now: later).action == Self.send)
    }

    /// Two devices of one user may not send twice as much; and what the user refuses the device is not charged for.
    @Test func theUsersRateHoldsOverAllItsDevices() throws {
        let pace = Self.pace()
        let phone = try SessionPace(TestKeys.alice, pace, now: Self.start)
        let tablet = try SessionPace(Self.tablet, pace, now: Self.start)
        for _ in 0..<3 { #expect(!isRefused(phone, Self.send)) }
        #expect(!isRefused(tablet, Self.send))
        for _ in 0..<10 { #expect(isRefused(tablet, Self.send)) }
        let later = Self.start + .seconds(2)
        for _ in 0..<2 { #expect(!tablet.admit(Self.send, bytes: 1, now: later).isRefused) }
    }

    /// A new connection does not begin with a full bucket.
    @Test func reconnectingEarnsNothing() throws {
        let pace = Self.pace()
        let first = try SessionPace(TestKeys.alice, pace, now: Self.start)
        for _ in 0..<3 { #expect(!isRefused(first, Self.send)) }
        first.leave()
        #expect(isRefused(try SessionPace(TestKeys.alice, pace, now: Self.start), Self.send))
    }

    @Test func bytesCountToo() throws {
        let session = try SessionPace(TestKeys.alice, Self.pace(), now: Self.start)
        #expect(!isRefused(session, Self.send, bytes: 90))
        #expect(isRefused(session, Self.send, bytes: 90))
        // The message that was refused for its bytes was not counted as one.
        for _ in 0..<2 { #expect(!isRefused(session, Self.send, bytes: 1)) }
    }

    @Test func lookUpsHaveABucketOfTheirOwn() throws {
        let session = try SessionPace(TestKeys.alice, Self.pace(), now: Self.start)
        for id in 1...2 { #expect(!isRefused(session, Self.ask(UInt64(id)))) }
        guard case .failRequest(3, let refusal) = session.admit(Self.ask(3), bytes: 1, now: Self.start).action else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == .rateLimited)
        // Other requests go on.
        #expect(!isRefused(session, .request(.listGroups, id: 4)))
        #expect(isRefused(session, .request(.listGroups, id: 5)))
    }

    @Test func acknowledgementsAreNeverRefused() throws {
        let session = try SessionPace(TestKeys.alice, Self.pace(), now: Self.start)
        for tag in 1...1000 { #expect(!isRefused(session, .acknowledge(through: UInt64(tag)), bytes: 1000)) }
    }

    @Test func handshakesAndConnectionsOfAUserAreBounded() throws {
        let pace = Self.pace {
            $0.user.connections = 2
            $0.device.handshakes = Rate(1, burst: 3)
        }
        let first = try SessionPace(TestKeys.alice, pace, now: Self.start)
        let second = try SessionPace(Self.tablet, pace, now: Self.start)
        #expect(throws: Refusal.self) { try SessionPace(Self.tablet, pace, now: Self.start) }
        first.leave()
        second.leave()
        for _ in 0..<2 { try SessionPace(TestKeys.alice, pace, now: Self.start).leave() }
        #expect(throws: Refusal.self) { try SessionPace(TestKeys.alice, pace, now: Self.start) }
        try SessionPace(TestKeys.alice, pace, now: Self.start + .seconds(1)).leave()
    }
}
