import NIOCore

/// Puts what is written between two flushes into few buffers: all frames of a commit are one write of the socket (and one
/// TLS record, not hundreds).
///
/// NIO keeps an entry for each write, and the room for the most that there ever were for as long as the connection lives: a
/// device that fetched a page of 256 messages once would hold 24 KiB for it.
final class BatchedWrites: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Bytes of a buffer, unless one write alone is larger: a record of TLS (RFC 8446 §5.1), and a buffer of 16 KiB.
    static let most = 15 * 1024

    /// NIOSSL keeps a buffer for as much as was ever encrypted between two flushes, so there each batch is flushed.
    private let isTLS: Bool

    /// What waits for the flush.
    private var batch: ByteBuffer?
    /// Succeeds with the write of `batch`.
    private var promise: EventLoopPromise<Void>?
    /// Not nil while in the pipeline.
    private var context: ChannelHandlerContext?

    init(isTLS: Bool) {
        self.isTLS = isTLS
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let next = Self.unwrapOutboundIn(data)
        makeRoom(for: next.readableBytes, context)
        if batch == nil {
            (batch, self.promise) = (next, promise)
        } else {
            batch?.writeImmutableBuffer(next)
            add(promise)
        }
    }

    /// Writes `count` bytes where they wait for the flush: as if ``write(context:data:promise:)`` had been called, without a
    /// buffer of their own.
    ///
    /// - Parameter fill: puts all of them into the memory that it gets.
    func write(_ count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        guard let context else { return }
        makeRoom(for: count, context)
        if batch == nil { batch = context.channel.allocator.buffer(capacity: count) }
        batch?.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { memory in
            fill(UnsafeMutableRawBufferPointer(rebasing: memory[..<count]))
            return count
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
        self.context = nil
    }

    private func makeRoom(for count: Int, _ context: ChannelHandlerContext) {
        if let waiting = batch, waiting.readableBytes + count > Self.most { passOn(context) }
    }

    private func passOn(_ context: ChannelHandlerContext) {
        guard let full = batch else { return }
        let written = promise
        (batch, promise) = (nil, nil)
        context.write(Self.wrapOutboundOut(full), promise: written)
        if isTLS { context.flush() }
    }

    private func add(_ other: EventLoopPromise<Void>?) {
        guard let other else { return }
        if let promise { promise.futureResult.cascade(to: other) } else { promise = other }
    }
}

@available(*, unavailable)
extension BatchedWrites: Sendable {}
