import FoundationEssentials

/// Where a provider's requests begin.
enum BaseAddress {
    /// - Throws: ``PushError`` unless it is `https://` with a host and nothing behind it but a port.
    static func check(_ text: String, _ name: String) throws(PushError) {
        guard let url = URL(string: text), url.scheme == "https", let host = url.host(), !host.isEmpty,
            url.user() == nil, url.query() == nil, url.path().isEmpty
        else { throw PushError("\(name) must be https:// and a host, and a port where it is not 443; no path") }
    }
}
