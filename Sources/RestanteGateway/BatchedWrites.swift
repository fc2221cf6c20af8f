import NIOCore

/// Puts what is written between two flushes into few buffers: all frames of a commit are one write of the socket (and one
/// TLS record, not hundreds).
///
/// NIO keeps an entry for each write, and the room for the most that there ever were for as long as the connection lives: a
/// device that fetched a page of 256 messages once would hold 24 KiB for it.
final class BatchedWrites: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes of a buffer, unless one write alone is larger. Buffers are as large as the next power of two.
    static let most = 32 * 1024

    /// What waits for the flush.
    private var batch: ByteBuffer?
    /// Succeeds with the write of `batch`.
    private var promise: EventLoopPromise<Void>?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let next = Self.unwrapOutboundIn(data)
        if let waiting = batch, waiting.readableBytes + next.readableBytes > Self.most { passOn(context) }
        if batch == nil {
            (batch, self.promise) = (next, promise)
        } else {
            batch?.writeImmutableBuffer(next)
            add(promise)
        }
    }

    func flush(context: ChannelHandlerContext) {
        passOn(context)
        context.flush()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // What was not flushed fails there, as it would without this handler.
        passOn(context)
        context.close(mode: mode, promise: promise)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        promise?.fail(ChannelError.ioOnClosedChannel)
        (batch, promise) = (nil, nil)
    }

    private func passOn(_ context: ChannelHandlerContext) {
        guard let full = batch else { return }
        let written = promise
        (batch, promise) = (nil, nil)
        context.write(Self.wrapOutboundOut(full), promise: written)
    }

    private func add(_ other: EventLoopPromise<Void>?) {
        guard let other else { return }
        if let promise { promise.futureResult.cascade(to: other) } else { promise = other }
    }
}

@available(*, unavailable)
extension BatchedWrites: Sendable {}
