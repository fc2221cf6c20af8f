import NIOConcurrencyHelpers
import NIOCore
import NIOTLS

/// What a socket has received, for a test that waits for it.
final class Inbox: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private struct State {
        var parts: [ByteBuffer] = []
        var hasEnded = false
        var errors: [any Error] = []
        var negotiated: String?
        var waiter: CheckedContinuation<ByteBuffer?, Never>?
    }

    private let state = NIOLockedValueBox(State())

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = Self.unwrapInboundIn(data)
        settle { state in
            guard state.waiter == nil else { return part }
            state.parts.append(part)
            return nil
        }
    }

    func channelInactive(context: ChannelHandlerContext) { end() }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { end() }
        if case .handshakeCompleted(let name) = event as? TLSUserEvent {
            state.withLockedValue { $0.negotiated = name }
        }
        context.fireUserInboundEventTriggered(event)
    }

    private func end() {
        settle { state in
            state.hasEnded = true
            return nil
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        state.withLockedValue { $0.errors.append(error) }
        context.close(promise: nil)
    }

    var negotiated: String? { state.withLockedValue { $0.negotiated } }
    var errors: [any Error] { state.withLockedValue { $0.errors } }
    /// Whether it ended with an error, as it does when the peer resets the connection.
    var hasFailed: Bool { !errors.isEmpty }

    /// The next part; nil at the end of the connection.
    func next() async -> ByteBuffer? {
        await withCheckedContinuation { continuation in
            let part = state.withLockedValue { state -> ByteBuffer?? in
                if !state.parts.isEmpty { return state.parts.removeFirst() }
                if state.hasEnded { return .some(nil) }
                state.waiter = continuation
                return nil
            }
            if let part { continuation.resume(returning: part) }
        }
    }

    /// Changes the state, and wakes the waiter with what that leaves for it.
    private func settle(_ change: (inout State) -> ByteBuffer?) {
        let (waiter, part) = state.withLockedValue { state -> (CheckedContinuation<ByteBuffer?, Never>?, ByteBuffer?) in
            let part = change(&state)
            guard part != nil || state.hasEnded else { return (nil, nil) }
            defer { state.waiter = nil }
            return (state.waiter, part)
        }
        waiter?.resume(returning: part)
    }
}
