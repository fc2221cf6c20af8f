import NIOCore
import RestanteCore

/// A client's address, as limits count by it and logs name it.
extension IPAddress {
    /// Where there is no IP address, as on a Unix socket: `::`, which no peer on the network has.
    static let none = IPAddress(bits: 0)

    /// The address of a socket's other end.
    init(_ socket: SocketAddress?) {
        self = socket?.ipAddress.flatMap { IPAddress(droppingZone: $0) } ?? .none
    }

    /// As ``init(_:)``, and a zone (`fe80::1%eth0`) may stand behind it.
    init?(droppingZone text: some StringProtocol) { self.init(text.prefix { $0 != "%" }) }

    /// This machine's own, over loopback or a Unix socket.
    var isLocal: Bool { self == .none || isLoopback }

    /// What limits per address count by: an IPv4 address, or the /64 of an IPv6 address, for that is what one subscriber
    /// is given and may use all of (RFC 6177 §2).
    var limitKey: IPAddress { isIPv4 ? self : prefix(64) }

    /// As logs name it.
    var logged: String { self == .none ? "none" : description }
}
