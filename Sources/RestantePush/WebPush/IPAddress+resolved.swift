import NIOCore
import RestanteCore

/// An address as a resolver has it.
extension IPAddress {
    /// Nil for a Unix socket.
    init?(_ address: SocketAddress) {
        guard let text = address.ipAddress else { return nil }
        self.init(text)
    }

    /// The IPv4 address that a network translates this one to, if it is one for that (RFC 6052 §2.1).
    var translated: IPAddress? {
        bits >> 32 == 0x64_FF9B << 64 ? IPAddress(ipv4: UInt32(truncatingIfNeeded: bits)) : nil
    }
}
