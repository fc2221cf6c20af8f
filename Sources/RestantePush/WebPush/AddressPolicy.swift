public import RestanteCore

/// Where connections may go that a client has named: to the public internet, and to networks that the operator allows.
///
/// What is special by the registries of IANA (https://www.iana.org/assignments/iana-ipv4-special-registry,
/// https://www.iana.org/assignments/iana-ipv6-special-registry) is not public: this machine, private and link-local
/// networks, clouds' metadata services, multicast, documentation, tunnels whose end cannot be told.
public struct AddressPolicy: Sendable {
    /// Besides the public internet.
    public var allowed: [IPNetwork]

    public init(allowed: [IPNetwork] = []) { self.allowed = allowed }

    private static let special4 = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    ].map(IPNetwork.init(known:))

    /// The only addresses of IPv6 that are given out for the public internet.
    private static let global6 = IPNetwork(known: "2000::/3")
    private static let special6 = [
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    ].map(IPNetwork.init(known:))

    func allows(_ address: IPAddress) -> Bool {
        // Behind a translator it is the IPv4 address that is reached.
        let address = address.translated ?? address
        return Self.isPublic(address) || allowed.contains { $0.contains(address) }
    }

    static func isPublic(_ address: IPAddress) -> Bool {
        guard !address.isIPv4 else { return !special4.contains { $0.contains(address) } }
        return global6.contains(address) && !special6.contains { $0.contains(address) }
    }
}

extension IPNetwork {
    /// A range that is known to be one.
    fileprivate init(known text: String) {
        guard let network = IPNetwork(text) else { preconditionFailure("no network: \(text)") }
        self = network
    }
}
