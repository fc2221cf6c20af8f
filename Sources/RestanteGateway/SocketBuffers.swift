import NIOCore
import NIOPosix

/// How much of what is written to a client may wait for its socket: beyond it the session pauses its reading of the log.
///
/// The log is the queue, so this is only what keeps a connection busy until the session has been resumed. 1,000 clients
/// that stop reading cost 1,000 times the sum of it.
enum SocketBuffers {
    /// Bytes in our memory: above the high mark the session pauses, below the low one it goes on. A page that was asked for
    /// before comes on top (``Limits/pageBytes``).
    static let waterMark = ChannelOptions.Types.WriteBufferWaterMark(low: 32 * 1024, high: 64 * 1024)

    /// Bytes that the kernel takes beyond those that are on their way (`TCP_NOTSENT_LOWAT`, tcp(7)). Left to itself it takes
    /// up to 4 MiB; a fixed `SO_SNDBUF` would bound what is on its way, too, and slow down those who are far away.
    static let unsentBytes = 32 * 1024

    /// `TCP_NOTSENT_LOWAT` of Linux, which Glibc's module does not bring.
    static let unsentOption = ChannelOptions.Types.SocketOption(level: .tcp, name: .init(rawValue: 25))

    /// How large the buffer is that a socket is read into. Each connection keeps one for as long as it lives, as large as its
    /// busiest moment made it, so the most is less than NIO's 64 KiB; a handshake fits in the first.
    static let reading = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1024, maximum: 32 * 1024)
}
