import FoundationEssentials

/// Where a provider's requests begin.
package enum BaseAddress {
    /// - Parameter name: what the error calls it.
    /// - Throws: ``PushError`` unless it is `https://` with a host and nothing behind it but a port.
    package static func check(_ text: String, _ name: String) throws(PushError) {
        // What ends with the host or the port has no empty query and no empty fragment either.
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !text.contains(where: { "@?#\\".contains($0) }),
            let url = URL(string: text), url.scheme == "https", let host = url.host(), !host.isEmpty,
            (1...65535).contains(url.port ?? 443), url.path().isEmpty
        else {
            throw PushError(
                "\(name) must be https:// and a host, and a port of 1 to 65535 where it is not 443; nothing behind it")
        }
    }
}
