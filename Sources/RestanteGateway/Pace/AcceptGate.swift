import NIOCore
import Synchronization

/// Takes connections from the kernel's backlog at a bounded pace; the others wait there.
///
/// It stands in the listening socket's pipeline and holds back its `read`, on the listener's event loop.
final class AcceptGate: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = any Channel
    typealias OutboundOut = any Channel

    private let pace: Pace
    private var accepted = TokenBucket()
    private var timer: Scheduled<Void>?
    /// Refused connections that were not given back yet.
    private var refused = 0

    init(_ pace: Pace) {
        self.pace = pace
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        accepted.charge(of: pace.limits.accepts, now: context.eventLoop.now, mostDebt: .seconds(1))
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard timer == nil else { return }
        guard let wait = wait(context.eventLoop.now) else {
            context.read()
            return
        }
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: wait) { [self] in
            timer = nil
            read(context: context)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

    /// Nil: the next connection may come.
    private func wait(_ now: NIODeadline) -> TimeAmount? {
        giveBackRefused()
        guard pace.claims.load(ordering: .relaxed) < pace.limits.claims else { return Self.claimsLookedAtAfter }
        let debt = accepted.debt(of: pace.limits.accepts, now: now)
        return debt > .zero ? debt : nil
    }

    /// A single address that opens thousands must not keep others waiting: one that is refused costs a tenth of what a
    /// handshake does.
    private func giveBackRefused() {
        refused += pace.refusedAtOnce.exchange(0, ordering: .relaxed)
        accepted.giveBack(refused / 10 * 9, of: pace.limits.accepts)
        refused %= 10
    }

    /// What the store has answered meanwhile is looked at again then.
    private static let claimsLookedAtAfter = TimeAmount.milliseconds(5)
}

@available(*, unavailable)
extension AcceptGate: Sendable {}
