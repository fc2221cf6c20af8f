/// A range of addresses in CIDR notation (RFC 4632 §3.1): `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
public struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private var base: ClientAddress
    /// Of the 128 bits of ``ClientAddress``, in which IPv4 begins after 96.
    private var bits: Int

    /// Nil for what is no range; bits behind the prefix must be zero, so that a typing error does not go unnoticed.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = parts.first.flatMap({ ClientAddress($0) }) else { return nil }
        let skipped = address.isIPv4 ? 96 : 0
        bits = 128
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
                let length = Int(parts[1]), length <= 128 - skipped
            else { return nil }
            bits = skipped + length
        }
        base = address.prefix(bits)
        guard base == address else { return nil }
    }

    public func contains(_ address: ClientAddress) -> Bool {
        address.isIPv4 == base.isIPv4 && address.prefix(bits) == base
    }

    public var description: String { "\(base)/\(base.isIPv4 ? bits - 96 : bits)" }
}
