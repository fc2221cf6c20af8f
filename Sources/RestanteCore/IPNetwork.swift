/// A range of addresses in CIDR notation (RFC 4632 §3.1): `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
public struct IPNetwork: Hashable, Sendable, CustomStringConvertible {
    private var base: IPAddress
    /// Of the 128 bits of ``IPAddress``, in which IPv4 begins after 96.
    private var length: Int

    /// Nil for what is no range; bits behind the prefix must be zero, so that a typing error does not go unnoticed.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
        let skipped = address.isIPv4 ? 96 : 0
        length = 128
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
                let number = Int(parts[1]), number <= 128 - skipped
            else { return nil }
            length = skipped + number
        }
        base = address.prefix(length)
        guard base == address else { return nil }
    }

    /// One of IPv4 contains IPv4 alone, and one of IPv6 none of it: `::/0` is not everything.
    public func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == base.isIPv4 && address.prefix(length) == base
    }

    public var description: String { "\(base)/\(base.isIPv4 ? length - 96 : length)" }
}
