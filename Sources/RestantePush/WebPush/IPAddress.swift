import Glibc
import NIOCore

/// An IP address as a number of 128 bits; IPv4 as its IPv4-mapped form (RFC 4291 §2.5.5.2), so that it is the same
/// however it is written.
struct IPAddress: Hashable, Sendable {
    var bits: UInt128

    private static let mapped: UInt128 = 0xFFFF << 32

    init(_ bits: UInt128) { self.bits = bits }

    init(ipv4 bits: UInt32) { self.bits = Self.mapped | UInt128(bits) }

    /// Nil for a Unix socket.
    init?(_ address: SocketAddress) {
        guard let text = address.ipAddress else { return nil }
        self.init(text)
    }

    /// Nil for what is no address: a name, or an address with a port or a zone.
    init?(_ text: some StringProtocol) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, String(text), &bytes) == 1 {
            self.init(ipv4: bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) })
        } else if inet_pton(AF_INET6, String(text), &bytes) == 1 {
            self.init(bytes.reduce(0) { $0 << 8 | UInt128($1) })
        } else {
            return nil
        }
    }

    var isIPv4: Bool { bits >> 32 == 0xFFFF }

    /// The IPv4 address that a network translates this one to, if it is one for that (RFC 6052 §2.1).
    var translated: IPAddress? {
        bits >> 32 == 0x64_FF9B << 64 ? IPAddress(ipv4: UInt32(truncatingIfNeeded: bits)) : nil
    }
}
