/// A range of addresses in CIDR notation (RFC 4632 §3.1): `10.0.0.0/8`, `2001:db8::/32`, or one address alone.
public struct IPNetwork: Hashable, Sendable {
    private var base: UInt128
    private var mask: UInt128

    /// Nil for what is no range; bits behind the prefix must be zero, so that a typing error does not go unnoticed.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = parts.first.flatMap({ IPAddress($0) }) else { return nil }
        let skipped = address.isIPv4 ? 96 : 0
        var length = 128
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains),
                let number = Int(parts[1]), number + skipped <= 128
            else { return nil }
            length = skipped + number
        }
        mask = length == 0 ? 0 : UInt128.max << (128 - length)
        base = address.bits & mask
        guard base == address.bits else { return nil }
    }

    /// A range that is known to be one.
    init(known text: String) {
        guard let network = IPNetwork(text) else { preconditionFailure("no network: \(text)") }
        self = network
    }

    func contains(_ address: IPAddress) -> Bool { address.bits & mask == base }
}
