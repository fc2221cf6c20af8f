import RestanteCore

/// Why no wake-up can ever go to a Web Push endpoint, whoever serves it: what is told to whom registers it, without asking the network.
///
/// The sender checks what it connects to by itself, its addresses among it; this is for the app to hear of it.
enum EndpointFault: String {
    case scheme = "that begins with https://"
    case user = "without user and password"
    case fragment = "without a fragment"
    case backslash = "without a backslash"
    case host = "with the name or address of a host"
    case port = "with a port of 1 to 65535, or none"

    /// Nil: none is known.
    init?(_ url: String) {
        guard url.hasPrefix("https://") else {
            self = .scheme
            return
        }
        let rest = url.dropFirst("https://".count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard let fault = Self.fault(rest, authority) else { return nil }
        self = fault
    }

    private static func fault(_ rest: Substring, _ authority: Substring) -> EndpointFault? {
        if authority.contains("@") { return .user }
        if rest.contains("#") { return .fragment }
        if rest.contains("\\") { return .backslash }
        let (host, port) = split(authority)
        if !isHost(host) { return .host }
        guard let port else { return nil }
        let isPort = !port.isEmpty && port.utf8.allSatisfy { (0x30...0x39).contains($0) }
        return isPort && (1...65535).contains(Int(port) ?? 0) ? nil : .port
    }

    /// An IPv6 address has its own colons, in brackets.
    private static func split(_ authority: Substring) -> (host: Substring, port: Substring?) {
        let end = authority.first == "[" ? authority.firstIndex(of: "]") ?? authority.startIndex : authority.startIndex
        guard let colon = authority[end...].firstIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }

    private static func isHost(_ host: Substring) -> Bool {
        if host.first == "[" {
            return host.last == "]" && host.contains(":") && IPAddress(host.dropFirst().dropLast()) != nil
        }
        return host.utf8.count <= 253
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
            }
    }
}
