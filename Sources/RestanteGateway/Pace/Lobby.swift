import DequeModule
import NIOCore
import NIOHTTP1
import RestanteCore
import Synchronization

/// Lets connections of one event loop in, and keeps the number of strangers among them bounded.
///
/// When there are too many, the one that has been waited for longest goes: whoever means it is through its handshake
/// in a round trip or two, so strangers that say nothing cannot keep others out, however many they are.
final class Lobby {
    enum Verdict {
        case welcome(Visitor)
        case refused(Refusal)
    }

    private struct Waiting {
        weak var visitor: Visitor?
        var isWaitedFor: Bool { visitor?.isWaitedFor ?? false }
    }

    private let pace: Pace
    private let timers: LoopTimers
    private let timeout: TimeAmount
    private let mostStrangers: Int
    private var strangers = 0
    /// In the order of their coming; those who have gone, or are no strangers any more, are taken out when they come first.
    private var queue: Deque<Waiting> = []
    private let told: (HandshakeOutcome) -> Void
    /// Refused connections that are being told so.
    private var refused = 0
    private var toldOverTLS = TokenBucket()

    /// - Parameters:
    ///   - timeout: how long a connection may stay a stranger.
    ///   - told: called with the outcome of each connection that is ended or refused here.
    init(_ pace: Pace, timers: LoopTimers, timeout: TimeAmount, told: @escaping (HandshakeOutcome) -> Void) {
        self.pace = pace
        self.timers = timers
        self.timeout = timeout
        self.told = told
        mostStrangers = max(min(pace.limits.strangers, pace.mostConnections / 2) / pace.eventLoops, 1)
    }

    /// A connection was accepted.
    ///
    /// - Parameter peer: nil: a proxy.
    func enter(_ channel: any Channel, from peer: IPAddress?, now: NIODeadline = .now()) -> Verdict {
        guard pace.connections.add(1, ordering: .relaxed).newValue <= pace.mostConnections else {
            pace.connections.subtract(1, ordering: .relaxed)
            // Whoever comes next finds the place of a stranger that has had its time.
            _ = cutLongest(now)
            return .refused(Self.full(.unavailable, "the server has as many connections as it may have"))
        }
        guard pace.memory.shortage < .all else {
            pace.connections.subtract(1, ordering: .relaxed)
            return .refused(Self.full(.unavailable, "the server is short of memory"))
        }
        guard makeRoom(now) else {
            pace.connections.subtract(1, ordering: .relaxed)
            return .refused(Self.full(.unavailable, "too many connections wait for their handshake"))
        }
        let account: Account?
        do {
            account = try pace.enter(from: peer, isStranger: true, now: now)
        } catch {
            pace.connections.subtract(1, ordering: .relaxed)
            pace.refusedAtOnce.add(1, ordering: .relaxed)
            return .refused(error)
        }
        count(1)
        let visitor = Visitor(channel, pace, address: account, now: now) { [self] in count(-1) }
        visitor.limitTime(to: timeout, timers) { [told] in told(.timedOut) }
        dropGone()
        queue.append(Waiting(visitor: visitor))
        return .welcome(visitor)
    }

    /// Tells it, as far as that costs little, and ends it.
    ///
    /// - Parameter secure: adds TLS to the pipeline; nil: there is none. An answer over TLS costs a handshake, which is what
    ///   many refused connections may want: beyond ``PaceLimits/refusedOverTLS`` they end without one.
    func refuse(_ channel: any Channel, _ refusal: Refusal, secure: ((any Channel) throws -> Void)?) throws {
        told(.refused(refusal.code.httpStatus.code))
        let lingers = refused < mostRefused
        if let secure {
            guard lingers, toldOverTLS.take(of: PaceLimits.refusedOverTLS, now: .now()) == nil else {
                channel.close(promise: nil)
                return
            }
            try secure(channel)
        }
        if lingers {
            refused += 1
            channel.closeFuture.assumeIsolated().whenComplete { [self] _ in refused -= 1 }
        }
        try channel.pipeline.syncOperations.addHandler(
            RefusedConnection(.error(refusal), lingers: lingers, timers: timers))
    }

    /// Refused connections that may wait for their answer to be read; the others are cut after it was written.
    private var mostRefused: Int { max(PaceLimits.spareFiles / 2 / pace.eventLoops, 1) }

    private func count(_ change: Int) {
        strangers += change
        pace.strangers.add(change, ordering: .relaxed)
    }

    /// False: there are too many strangers, and none has had its time.
    private func makeRoom(_ now: NIODeadline) -> Bool {
        strangers < mostStrangers || cutLongest(now)
    }

    /// Ends the stranger that has been waited for longest; false: none has had its time.
    private func cutLongest(_ now: NIODeadline) -> Bool {
        dropGone()
        guard let longest = queue.first?.visitor, now - longest.arrivedAt >= pace.limits.strangersGrace else {
            return false
        }
        queue.removeFirst()
        told(.timedOut)
        longest.cut(.error(Self.full(.unavailable, "too many connections wait for their handshake")))
        return true
    }

    private func dropGone() {
        while let first = queue.first, !first.isWaitedFor { queue.removeFirst() }
    }

    private static func full(_ code: ErrorCode, _ reason: String) -> Refusal {
        Refusal(code, reason, retryAfter: RetryAfter.seconds(.seconds(5)))
    }
}

@available(*, unavailable)
extension Lobby: Sendable {}
