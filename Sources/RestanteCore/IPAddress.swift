import Glibc

/// An IP address, without a port and without a zone.
///
/// IPv4 is kept as its IPv4-mapped form (RFC 4291 §2.5.5.2), so that an address is the same however it is written, and
/// whether it comes over a socket of IPv4 or over one of IPv6 that takes both. Comparing and hashing allocate nothing.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
    private var high: UInt64
    private var low: UInt64

    /// - Parameter bits: the first bit of the address is the highest.
    public init(bits: UInt128) {
        high = UInt64(truncatingIfNeeded: bits >> 64)
        low = UInt64(truncatingIfNeeded: bits)
    }

    public init(ipv4 bits: UInt32) {
        high = 0
        low = 0xFFFF << 32 | UInt64(bits)
    }

    /// Four numbers, or IPv6; nil for anything else, such as a name, or an address with a port or a zone.
    public init?(_ text: some StringProtocol) {
        // C would read it up to a zero.
        guard text.utf8.count <= 64, !text.utf8.contains(0) else { return nil }
        let text = String(text)
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(ipv4: UInt32(bigEndian: four.s_addr))
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self.init(bits: withUnsafeBytes(of: six) { UInt128(bigEndian: $0.loadUnaligned(as: UInt128.self)) })
        } else {
            return nil
        }
    }

    public var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

    public var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// 127.0.0.0/8 and ::1: nobody but this machine.
    public var isLoopback: Bool { isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

    /// With all bits after the first `length` of its 128 cleared.
    public func prefix(_ length: Int) -> IPAddress {
        IPAddress(bits: length == 0 ? 0 : bits & .max << (128 - length))
    }

    /// Four numbers, or IPv6 in its shortest form (RFC 5952).
    public var description: String {
        if isIPv4 { return (0..<4).map { "\(low >> (24 - 8 * $0) & 0xFF)" }.joined(separator: ".") }
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { $0.storeBytes(of: bits.bigEndian, as: UInt128.self) }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &text, socklen_t(text.count)) != nil else {
            preconditionFailure("there is room for any address")
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
