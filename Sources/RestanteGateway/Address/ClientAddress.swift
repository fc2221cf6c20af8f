import Glibc
public import NIOCore

/// A client's IP address, as limits count by it and logs name it: without a port.
///
/// IPv4 is kept as its IPv4-mapped form (RFC 4291 §2.5.5.2), so that a client is the same whether it comes over a
/// socket of IPv4 or over one of IPv6 that takes both.
public struct ClientAddress: Hashable, Sendable, CustomStringConvertible {
    private var high: UInt64
    private var low: UInt64

    private static let mapped: UInt64 = 0xFFFF << 32

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Where there is no IP address, as on a Unix socket: `::`, which no peer on the network has.
    public static let none = ClientAddress(high: 0, low: 0)

    /// Four numbers, or IPv6 with or without a zone (which is dropped); nil for anything else, a name among it.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count <= 64 else { return nil }
        let text = String(text.prefix { $0 != "%" })
        var four = in_addr()
        var six = in6_addr()
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(high: 0, low: Self.mapped | UInt64(UInt32(bigEndian: four.s_addr)))
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self.init(six)
        } else {
            return nil
        }
    }

    /// The address of a socket's other end.
    public init(_ socket: SocketAddress?) {
        self = socket?.ipAddress.flatMap { ClientAddress($0) } ?? .none
    }

    private init(_ address: in6_addr) {
        let words = withUnsafeBytes(of: address) { bytes in
            (bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        self.init(high: UInt64(bigEndian: words.0), low: UInt64(bigEndian: words.1))
    }

    /// 127.0.0.0/8 and ::1: nobody but this machine.
    public var isLoopback: Bool { isIPv4 ? low >> 24 & 0xFF == 127 : high == 0 && low == 1 }

    var isIPv4: Bool { high == 0 && low >> 32 == 0xFFFF }

    /// This machine's own, over loopback or a Unix socket.
    var isLocal: Bool { self == .none || isLoopback }

    /// What limits per address count by: an IPv4 address, or the /64 of an IPv6 address, for that is what one subscriber
    /// is given and may use all of (RFC 6177 §2).
    public var limitKey: ClientAddress { isIPv4 ? self : ClientAddress(high: high, low: 0) }

    public var description: String {
        if self == .none { return "none" }
        if isIPv4 {
            return (0..<4).map { "\(low >> (24 - 8 * $0) & 0xFF)" }.joined(separator: ".")
        }
        var address = in6_addr()
        withUnsafeMutableBytes(of: &address) { bytes in
            bytes.storeBytes(of: high.bigEndian, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 8, as: UInt64.self)
        }
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        guard inet_ntop(AF_INET6, &address, &text, socklen_t(text.count)) != nil else { return "none" }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// With all bits after the first `bits` of its 128 cleared.
    func prefix(_ bits: Int) -> ClientAddress {
        ClientAddress(
            high: bits >= 64 ? high : high & ~(.max >> bits),
            low: bits >= 128 ? low : bits <= 64 ? 0 : low & ~(.max >> (bits - 64)))
    }
}
