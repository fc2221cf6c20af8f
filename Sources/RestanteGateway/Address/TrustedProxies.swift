import NIOHTTP1
public import RestanteCore

/// Whose word about a client's address is taken, and where it stands.
///
/// A header is only as good as the peer that it comes from: from any other peer it is ignored. Only one of the two
/// headers is read, since a proxy that writes one passes on what the client made up in the other.
public struct TrustedProxies: Sendable {
    /// Where the proxies write the client's address.
    public enum Header: String, CaseIterable, Sendable {
        /// A list of addresses, to which each proxy adds its peer's at the end.
        case xForwardedFor = "x-forwarded-for"
        /// RFC 7239: a list of parameters, `for=` among them.
        case forwarded
    }

    /// Most hops that are looked at, from the last one on. A chain that is longer ends there.
    static let maximumHops = 32

    public var ranges: [IPNetwork]
    public var header: Header

    public init(_ ranges: [IPNetwork] = [], header: Header = .xForwardedFor) {
        self.ranges = ranges
        self.header = header
    }

    public func contains(_ address: IPAddress) -> Bool {
        ranges.contains { $0.contains(address) }
    }

    /// The address of whoever sent a request: the last that is not a trusted proxy's own.
    ///
    /// What stands before it was written by the client and is not looked at. Where an entry is no address (`unknown`,
    /// an obfuscated name) the proxy behind it counts as the client.
    func client(of headers: HTTPHeaders, peer: IPAddress) -> IPAddress {
        guard contains(peer) else { return peer }
        var client = peer
        for hop in hops(headers).reversed().prefix(Self.maximumHops) {
            guard let address = hop else { return client }
            client = address
            guard contains(address) else { return client }
        }
        return client
    }

    private func hops(_ headers: HTTPHeaders) -> [IPAddress?] {
        let text = headers[header.rawValue].joined(separator: ",")
        return switch header {
        case .xForwardedFor: text.split(separator: ",").map { ForwardedFor.address(in: $0) }
        case .forwarded: ForwardedFor.elements(of: text).map { ForwardedFor.address(inElement: $0) }
        }
    }
}
